#include "engine/core/status.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>

#include "engine/core/result.h"

namespace kubediag {
namespace {

TEST(Status, OkHasNoReasonAndNoMessage) {
  const Status status;
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(status.code(), StatusCode::kOk);
  EXPECT_EQ(status.reason(), "");
  EXPECT_EQ(status.message(), "");
  EXPECT_EQ(status.ToString(), "ok");
}

TEST(Status, CodeIsTheReasonUnlessOneIsGiven) {
  EXPECT_EQ(Status::NotFound("no such thing").ToString(), "NotFound: no such thing");
  const Status crashed(StatusCode::kInternal, "OperationCrashed", "signal 11");
  EXPECT_EQ(crashed.ToString(), "OperationCrashed: signal 11");
  EXPECT_EQ(crashed.code(), StatusCode::kInternal);
}

TEST(Status, AFailureWithCodeOkIsOk) {
  EXPECT_TRUE(Status(StatusCode::kOk, "Reason", "message").ok());
}

TEST(Status, AnnotateKeepsCodeAndReason) {
  const Status status = Status::DataLoss("cut off").WithReason("Truncated").Annotate("heap.pb.gz");
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_EQ(status.ToString(), "Truncated: heap.pb.gz: cut off");
  EXPECT_TRUE(Status::Ok().Annotate("prefix").ok());
  EXPECT_TRUE(Status::Ok().WithReason("Reason").ok());
}

TEST(Status, ErrnoKeepsItsKind) {
  EXPECT_EQ(Status::FromErrno("open x", ENOENT).ToString(),
            "NotFound: open x: No such file or directory");
  EXPECT_EQ(Status::FromErrno("write", ENOSPC).code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(Status::FromErrno("open", EACCES).code(), StatusCode::kPermissionDenied);
}

TEST(Status, EqualityComparesEveryPart) {
  EXPECT_EQ(Status::NotFound("a"), Status::NotFound("a"));
  EXPECT_FALSE(Status::NotFound("a") == Status::NotFound("b"));
  EXPECT_FALSE(Status::NotFound("a") == Status::NotFound("a").WithReason("Other"));
  EXPECT_FALSE(Status::NotFound("a") == Status::Ok());
}

Result<std::unique_ptr<int>> Half(int number) {
  if (number % 2 != 0) return Status::InvalidArgument(std::to_string(number) + " is odd");
  return std::make_unique<int>(number / 2);
}

Result<int> Quarter(int number) {
  KUBEDIAG_ASSIGN_OR_RETURN(std::unique_ptr<int> half, Half(number));
  KUBEDIAG_ASSIGN_OR_RETURN(std::unique_ptr<int> quarter, Half(*half));
  return *quarter;
}

TEST(Result, CarriesMoveOnlyValuesAndPassesFailuresOn) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(6).status().message(), "3 is odd");
  EXPECT_EQ(Quarter(5).status().message(), "5 is odd");
}

TEST(ResultDeathTest, ReadingAMissingValueEndsTheProgram) {
  Result<int> none = Status::NotFound("nothing");
  EXPECT_DEATH({ [[maybe_unused]] int value = *none; }, "");
}

TEST(ResultDeathTest, OkWithoutAValueEndsTheProgram) {
  EXPECT_DEATH({ Result<int> wrong{Status::Ok()}; }, "");
}

}  // namespace
}  // namespace kubediag
