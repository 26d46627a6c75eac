// The parts of Reader that take messages apart, and its errors.
#include "plugins/go_profiler/profile/reader.h"

namespace kubediag::profile {

bool Reader::FailLongNumber(Position at, const char* field) {
  return Fail(at, field, "a number longer than ten bytes");
}

bool Reader::FailStringIndex(Position at, const char* field, uint64_t string) {
  return Fail(at, field,
              "string " + std::to_string(static_cast<int64_t>(string)) + " cannot exist");
}

bool Reader::FailLength(Position at, Position end, const char* field, uint64_t size) {
  Position p = ReadVarint(at, size);
  return CutOff(at, field,
                p > end ? "it ends inside its length"
                        : "it says " + std::to_string(size) + " bytes, and " +
                              std::to_string(end - p) + " are left");
}

bool Reader::SkipField(Position& p, Position end, uint64_t tag, uint32_t known,
                       const char* message) {
  const uint64_t number = tag >> 3;
  const std::string field = std::string(message) + ", field " + std::to_string(number);
  const Position at = p;
  uint64_t ignored;
  Position data_end = p;
  switch (tag & 7) {
    case kVarint:
      if (!ReadNumber(p, field.c_str(), ignored)) return false;
      data_end = p;
      break;
    case kFixed64:
    case kFixed32: {
      const std::ptrdiff_t size = (tag & 7) == kFixed64 ? 8 : 4;
      if (end - p < size) return CutOff(at, field, "it ends inside a fixed-size number");
      data_end = p + size;
      break;
    }
    case kBytes:
      if (!ReadLength(p, end, field.c_str(), data_end)) return false;
      break;
    default:
      return Fail(at, field, "unknown wire type " + std::to_string(tag & 7));
  }
  if (number < 32 && ((known >> number) & 1) != 0) {
    return Fail(at, field, "wire type " + std::to_string(tag & 7) + " does not fit this field");
  }
  p = data_end;
  return true;
}

bool Reader::Fail(Position at, std::string_view field, const std::string& reason) {
  return FailAt(static_cast<size_t>(at - begin_), field, reason);
}

bool Reader::FailAt(size_t offset, std::string_view field, const std::string& reason) {
  status_ = Status::InvalidArgument("malformed profile: byte " + std::to_string(offset) + ": " +
                                    std::string(field) + ": " + reason);
  return false;
}

bool Reader::CutOff(Position at, std::string_view field, const std::string& reason) {
  Fail(at, field, reason);
  status_ = Status::DataLoss(status_.message() + " (corrupt or cut off)");
  return false;
}

bool Reader::TooMany(std::string_view what, size_t limit) {
  status_ = Status::ResourceExhausted("profile has more than " + std::to_string(limit) + " " +
                                      std::string(what));
  return false;
}

}  // namespace kubediag::profile
