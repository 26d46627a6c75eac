#include "engine/diagnosis/journal_record.h"

#include <utility>

#include "engine/core/byte_codec.h"

namespace kubediag::diagnosis {
namespace {

enum class Type : uint8_t { kBegin = 1, kStarted = 2, kFinished = 3, kEnd = 4 };

void PutTime(ByteWriter& out, api::Time time) { out.I64(time.time_since_epoch().count()); }
api::Time GetTime(ByteReader& in) { return api::Time(std::chrono::seconds(in.I64())); }

void Put(ByteWriter& out, const BeginRecord& record) {
  out.Byte(static_cast<uint8_t>(Type::kBegin));
  out.Text(record.binding);
  out.Text(record.set_hash);
  out.Text(record.operations_hash);
  out.Text(record.stamp);
  PutTime(out, record.start_time);
  std::string flags;
  for (const bool repeatable : record.repeatable) flags.push_back(repeatable ? '\x01' : '\0');
  out.Text(flags);
}

BeginRecord GetBegin(ByteReader& in) {
  BeginRecord record;
  record.binding = in.Text();
  record.set_hash = in.Text();
  record.operations_hash = in.Text();
  record.stamp = in.Text();
  record.start_time = GetTime(in);
  for (const char flag : in.View()) record.repeatable.push_back(flag != 0);
  return record;
}

void Put(ByteWriter& out, const StartedRecord& record) {
  out.Byte(static_cast<uint8_t>(Type::kStarted));
  out.U32(record.node);
  out.I64(record.attempt);
  out.Text(record.digest);
  PutTime(out, record.time);
}

StartedRecord GetStarted(ByteReader& in) {
  StartedRecord record;
  record.node = in.U32();
  record.attempt = in.I64();
  record.digest = in.Text();
  record.time = GetTime(in);
  return record;
}

void Put(ByteWriter& out, const RecordedViewer& viewer) {
  out.U32(viewer.port);
  out.Text(viewer.base_url);
  out.Text(viewer.state);
  out.Text(viewer.module_path);
  out.Text(viewer.artifact_folder);
  out.I64(viewer.expires);
}

RecordedViewer GetViewer(ByteReader& in) {
  RecordedViewer viewer;
  viewer.port = static_cast<uint16_t>(in.U32());
  viewer.base_url = in.Text();
  viewer.state = in.Text();
  viewer.module_path = in.Text();
  viewer.artifact_folder = in.Text();
  viewer.expires = in.I64();
  return viewer;
}

void Put(ByteWriter& out, const FinishedRecord& record) {
  out.Byte(static_cast<uint8_t>(Type::kFinished));
  out.U32(record.node);
  out.I64(record.attempt);
  out.Text(record.digest);
  out.Bool(record.succeeded);
  out.Text(record.reason);
  out.Text(record.message);
  PutTime(out, record.start_time);
  PutTime(out, record.end_time);
  out.I64(record.duration.count());
  out.U64(record.values.size());
  for (const auto& [key, value] : record.values) {
    out.Text(key);
    out.Bool(value.saved_path.has_value());
    out.Text(value.saved_path ? *value.saved_path : value.bytes);
    out.U64(value.size);
    out.Text(value.sha256);
  }
  out.U64(record.files.size());
  for (const RecordedFile& file : record.files) {
    out.Text(file.key);
    out.Text(file.path);
    out.U64(file.size);
    out.Text(file.sha256);
  }
  out.Bool(record.viewer.has_value());
  if (record.viewer) Put(out, *record.viewer);
}

FinishedRecord GetFinished(ByteReader& in) {
  FinishedRecord record;
  record.node = in.U32();
  record.attempt = in.I64();
  record.digest = in.Text();
  record.succeeded = in.Bool();
  record.reason = in.Text();
  record.message = in.Text();
  record.start_time = GetTime(in);
  record.end_time = GetTime(in);
  record.duration = std::chrono::nanoseconds(in.I64());
  // A damaged count ends with the bytes: each entry takes some.
  for (uint64_t count = in.U64(); count > 0 && in.ok(); --count) {
    std::string key = in.Text();
    RecordedValue value;
    const bool saved = in.Bool();
    if (saved) {
      value.saved_path = in.Text();
    } else {
      value.bytes = in.Text();
    }
    value.size = in.U64();
    value.sha256 = in.Text();
    record.values.insert_or_assign(std::move(key), std::move(value));
  }
  for (uint64_t count = in.U64(); count > 0 && in.ok(); --count) {
    RecordedFile file;
    file.key = in.Text();
    file.path = in.Text();
    file.size = in.U64();
    file.sha256 = in.Text();
    record.files.push_back(std::move(file));
  }
  if (in.Bool()) record.viewer = GetViewer(in);
  return record;
}

void Put(ByteWriter& out, const EndRecord& record) {
  out.Byte(static_cast<uint8_t>(Type::kEnd));
  out.Bool(record.succeeded);
}

}  // namespace

std::string EncodeRecord(const Record& record) {
  ByteWriter out;
  std::visit([&out](const auto& known) { Put(out, known); }, record);
  return std::move(out).bytes();
}

Result<Record> DecodeRecord(std::string_view bytes) {
  ByteReader in(bytes);
  Record record;
  switch (static_cast<Type>(in.Byte())) {
    case Type::kBegin:
      record = GetBegin(in);
      break;
    case Type::kStarted:
      record = GetStarted(in);
      break;
    case Type::kFinished:
      record = GetFinished(in);
      break;
    case Type::kEnd:
      record = EndRecord{.succeeded = in.Bool()};
      break;
    default:
      return Status::DataLoss("a record of an unknown type");
  }
  if (!in.AtEnd()) return Status::DataLoss("a record of the wrong length");
  return record;
}

}  // namespace kubediag::diagnosis
