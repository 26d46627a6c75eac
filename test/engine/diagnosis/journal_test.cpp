#include "engine/diagnosis/journal.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "engine/diagnosis/recovery.h"

namespace kubediag::diagnosis {
namespace {

class JournalTest : public testing::Test {
 protected:
  JournalTest() {
    std::string pattern = testing::TempDir() + "kubediag-journal-XXXXXX";
    path = mkdtemp(pattern.data());
    auto opened = OpenDirectory(path);
    EXPECT_TRUE(opened.ok());
    directory = *std::move(opened);
  }
  ~JournalTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }

  std::string Bytes() const {
    auto bytes = ReadFile(path + "/journal", 1 << 26);
    return bytes.ok() ? *bytes : "";
  }
  void Overwrite(const std::string& bytes) const {
    std::ofstream(path + "/journal", std::ios::binary | std::ios::trunc) << bytes;
  }

  std::string path;
  UniqueFd directory;
};

BeginRecord Begin() {
  return {.binding = "binding",
          .set_hash = "hash",
          .operations_hash = "operations",
          .stamp = "20261123122127",
          .start_time = api::Time(seconds(1000)),
          .repeatable = {true, false, true}};
}

FinishedRecord Finished(uint32_t node, bool succeeded = true) {
  FinishedRecord record;
  record.node = node;
  record.attempt = 2;
  record.digest = "digest";
  record.succeeded = succeeded;
  record.reason = succeeded ? "" : "Broken";
  record.message = succeeded ? "" : "it broke";
  record.start_time = api::Time(seconds(1001));
  record.end_time = api::Time(seconds(1002));
  record.duration = milliseconds(1234);
  record.values["small"] = {
      .bytes = std::string("a\0b", 3), .saved_path = std::nullopt, .size = 3, .sha256 = "sum"};
  record.values["large"] = {
      .bytes = {}, .saved_path = "runs/x/results/large", .size = 99999, .sha256 = "sum"};
  record.files.push_back({.key = "file", .path = "a/b", .size = 7, .sha256 = "sum"});
  record.viewer = RecordedViewer{.port = 39900,
                                 .base_url = "http://127.0.0.1:39900/cap/",
                                 .state = std::string("\0state", 6),
                                 .module_path = "/m.so",
                                 .artifact_folder = "profilers",
                                 .expires = 2000};
  return record;
}

std::vector<Record> SomeRecords() {
  return {Begin(),
          StartedRecord{.node = 1, .attempt = 1, .digest = "d", .time = {}},
          Finished(1),
          StartedRecord{.node = 2, .attempt = 1, .digest = "e", .time = {}},
          Finished(2, false),
          EndRecord{.succeeded = true}};
}

TEST_F(JournalTest, ReadsBackWhatWasWritten) {
  const std::vector<Record> records = SomeRecords();
  auto journal = Journal::Create(directory.get(), Begin());
  ASSERT_TRUE(journal.ok()) << journal.status().ToString();
  for (size_t i = 1; i < records.size(); ++i) {
    ASSERT_TRUE((*journal)->Append(records[i]).ok());
  }
  auto contents = Journal::Read(directory.get());
  ASSERT_TRUE(contents.ok()) << contents.status().ToString();
  EXPECT_EQ(contents->records, records);
  EXPECT_FALSE(contents->torn);
  EXPECT_EQ(contents->sound_bytes, Bytes().size());
}

TEST_F(JournalTest, IsReadableByItsOwnerOnly) {
  ASSERT_TRUE(Journal::Create(directory.get(), Begin()).ok());
  struct stat info {};
  ASSERT_EQ(stat((path + "/journal").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(JournalTest, CutAtAnyByteItKeepsEveryWholeRecordAndGoesOn) {
  const std::vector<Record> records = SomeRecords();
  std::vector<size_t> ends;
  {
    auto journal = Journal::Create(directory.get(), Begin());
    ASSERT_TRUE(journal.ok());
    ends.push_back(Bytes().size());
    for (size_t i = 1; i < records.size(); ++i) {
      ASSERT_TRUE((*journal)->Append(records[i]).ok());
      ends.push_back(Bytes().size());
    }
  }
  const std::string whole = Bytes();
  const std::string_view view = whole;
  for (size_t size = 0; size <= whole.size(); ++size) {
    const auto contents = ParseJournal(view.substr(0, size));
    ASSERT_TRUE(contents.ok()) << "cut at " << size << ": " << contents.status().ToString();
    const auto expected = static_cast<size_t>(
        std::count_if(ends.begin(), ends.end(), [size](size_t end) { return end <= size; }));
    ASSERT_EQ(contents->records.size(), expected) << "cut at " << size;
    ASSERT_TRUE(std::equal(contents->records.begin(), contents->records.end(), records.begin()));
  }
  // Goes on after a torn tail as if it had not been there.
  const size_t torn = ends[2] + 5;
  Overwrite(whole.substr(0, torn));
  auto contents = Journal::Read(directory.get());
  ASSERT_TRUE(contents.ok() && contents->torn);
  auto journal = Journal::Continue(directory.get(), contents->sound_bytes);
  ASSERT_TRUE(journal.ok());
  ASSERT_TRUE((*journal)->Append(records[3]).ok());
  contents = Journal::Read(directory.get());
  ASSERT_TRUE(contents.ok());
  EXPECT_FALSE(contents->torn);
  EXPECT_EQ(contents->records.size(), 4U);
}

TEST_F(JournalTest, AFlippedBitIsNeverTakenForARecord) {
  {
    auto journal = Journal::Create(directory.get(), Begin());
    ASSERT_TRUE(journal.ok());
    ASSERT_TRUE((*journal)->Append(SomeRecords()[1]).ok());
    ASSERT_TRUE((*journal)->Append(Finished(1)).ok());
  }
  const std::string whole = Bytes();
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    const auto contents = ParseJournal(damaged);
    if (contents.ok()) {
      // Only the last record may pass for torn; nothing damaged is believed.
      EXPECT_TRUE(contents->torn) << "byte " << at;
      EXPECT_EQ(contents->records.size(), 2U) << "byte " << at;
    } else {
      EXPECT_EQ(contents.status().code(), StatusCode::kDataLoss);
    }
  }
}

TEST_F(JournalTest, ATailOfZerosIsTorn) {
  ASSERT_TRUE(Journal::Create(directory.get(), Begin()).ok());
  const auto contents = ParseJournal(Bytes() + std::string(4096, '\0'));
  ASSERT_TRUE(contents.ok());
  EXPECT_TRUE(contents->torn);
  EXPECT_EQ(contents->records.size(), 1U);
}

TEST_F(JournalTest, ResultsAreTakenUpToTheCapAndNotBeyond) {
  ASSERT_TRUE(Journal::Create(directory.get(), Begin()).ok());
  constexpr size_t kLeft = 4096;
  // A hole in the file stands for the records before.
  auto journal = Journal::Continue(directory.get(), kMaxJournalBytes - kLeft);
  ASSERT_TRUE(journal.ok());
  constexpr size_t kFrameBytes = 16;
  FinishedRecord record = Finished(1);
  record.values["value"].bytes.clear();
  const size_t room = kLeft - kFrameBytes - EncodeRecord(record).size();
  record.values["value"].bytes.assign(room + 1, 'x');
  EXPECT_EQ((*journal)->Append(record).reason(), "ResultLimit");
  record.values["value"].bytes.pop_back();
  EXPECT_TRUE((*journal)->Append(record).ok());
  EXPECT_EQ(std::filesystem::file_size(path + "/journal"), kMaxJournalBytes);
  // A failure without results still finds room.
  FinishedRecord failure = Finished(2, false);
  failure.values.clear();
  EXPECT_TRUE((*journal)->Append(failure).ok());
}

TEST_F(JournalTest, ANewOneReplacesTheOld) {
  {
    auto journal = Journal::Create(directory.get(), Begin());
    ASSERT_TRUE((*journal)->Append(Finished(1)).ok());
  }
  BeginRecord other = Begin();
  other.binding = "other";
  ASSERT_TRUE(Journal::Create(directory.get(), other).ok());
  auto contents = Journal::Read(directory.get());
  ASSERT_TRUE(contents.ok());
  EXPECT_EQ(contents->records, std::vector<Record>{other});
}

TEST_F(JournalTest, RecoveryTellsFinishedFromInterrupted) {
  JournalContents contents;
  contents.records = {Begin(), StartedRecord{.node = 1, .attempt = 1, .digest = "d", .time = {}},
                      StartedRecord{.node = 2, .attempt = 1, .digest = "d", .time = {}},
                      Finished(1)};
  const auto recovery = Recover(contents);
  ASSERT_TRUE(recovery.ok());
  EXPECT_EQ(recovery->finished.size(), 1U);
  ASSERT_EQ(recovery->interrupted.size(), 1U);
  EXPECT_EQ(recovery->interrupted[0].node, 2U);
  EXPECT_TRUE(recovery->MayRepeat(2));
  EXPECT_FALSE(recovery->MayRepeat(1));
}

TEST_F(JournalTest, ARepeatableOperationMayBeInterruptedSoOftenAndNoMore) {
  JournalContents contents;
  contents.records = {Begin()};
  for (int i = 1; i < kMaxInterruptedAttempts; ++i) {
    contents.records.push_back(StartedRecord{.node = 2, .attempt = i, .digest = "d", .time = {}});
  }
  EXPECT_TRUE(Recover(contents)->MayRepeat(2));
  contents.records.push_back(
      StartedRecord{.node = 2, .attempt = kMaxInterruptedAttempts, .digest = "d", .time = {}});
  EXPECT_FALSE(Recover(contents)->MayRepeat(2));
}

TEST_F(JournalTest, RecordsOfNodesThatDoNotExistAreDamage) {
  JournalContents contents;
  contents.records = {Begin(), StartedRecord{.node = 3, .attempt = 1, .digest = "d", .time = {}}};
  EXPECT_EQ(Recover(contents).status().code(), StatusCode::kDataLoss);
  contents.records = {Begin(), Finished(0)};
  EXPECT_EQ(Recover(contents).status().code(), StatusCode::kDataLoss);
}

TEST_F(JournalTest, ItsOutlineTellsTheBeginAndWhetherItHasEnded) {
  EXPECT_EQ(Journal::ReadOutline(directory.get()).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(Journal::VersionOf(directory.get()), "");
  const auto journal = Journal::Create(directory.get(), Begin()).value();
  EXPECT_EQ(Journal::ReadOutline(directory.get())->begin, Begin());
  EXPECT_FALSE(Journal::ReadOutline(directory.get())->ended);
  ASSERT_TRUE(journal->Append(Finished(1)).ok());
  EXPECT_FALSE(Journal::ReadOutline(directory.get())->ended);
  const std::string version = Journal::VersionOf(directory.get());
  ASSERT_TRUE(journal->Append(EndRecord{.succeeded = false}).ok());
  EXPECT_NE(Journal::VersionOf(directory.get()), version);
  EXPECT_TRUE(Journal::ReadOutline(directory.get())->ended);
  ASSERT_TRUE(journal->Append(Finished(2)).ok());  // it was gone on with after all
  EXPECT_FALSE(Journal::ReadOutline(directory.get())->ended);
}

TEST_F(JournalTest, ItsOutlineTakesNothingThatIsNotWholeForAnEnd) {
  const auto journal = Journal::Create(directory.get(), Begin()).value();
  const size_t begin = Bytes().size();
  ASSERT_TRUE(journal->Append(Finished(1)).ok());
  ASSERT_TRUE(journal->Append(EndRecord{.succeeded = true}).ok());
  const std::string whole = Bytes();
  for (size_t size = 0; size < whole.size(); ++size) {
    Overwrite(whole.substr(0, size));
    const auto outline = Journal::ReadOutline(directory.get());
    EXPECT_EQ(outline.ok(), size >= begin) << size;
    if (outline.ok()) {
      EXPECT_FALSE(outline->ended) << size;
    }
  }
  for (const size_t at : {whole.size() - 1, whole.size() - 3}) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    Overwrite(damaged);
    EXPECT_FALSE(Journal::ReadOutline(directory.get())->ended) << at;
  }
  Overwrite(whole + std::string(100, '\0'));
  EXPECT_FALSE(Journal::ReadOutline(directory.get())->ended);
}

}  // namespace
}  // namespace kubediag::diagnosis
