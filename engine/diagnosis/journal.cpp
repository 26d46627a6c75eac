#include "engine/diagnosis/journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine/core/byte_codec.h"
#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "engine/diagnosis/crc32.h"

namespace kubediag::diagnosis {
namespace {

constexpr char kFileName[] = "journal";
constexpr std::string_view kMagic = "kubediag journal 1\n";
constexpr size_t kHeadBytes = 8 + 4 + 4;  // length, checksum of the record, checksum of both
constexpr size_t kMaxEndRecordBytes = 64;

std::string Frame(std::string_view record) {
  ByteWriter head;
  head.U64(record.size());
  head.U32(Crc32(record));
  head.U32(Crc32(head.bytes()));
  return std::move(head).bytes() + std::string(record);
}

bool OnlyZeros(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char byte) { return byte == 0; });
}

// The next frame's record; null if only a torn one follows.
Result<std::optional<std::string_view>> NextFrame(std::string_view rest) {
  // A file system may have grown the file without having written to it.
  if (rest.size() < kHeadBytes || OnlyZeros(rest)) return std::optional<std::string_view>();
  ByteReader head(rest.substr(0, kHeadBytes));
  const uint64_t size = head.U64();
  const uint32_t record_sum = head.U32();
  if (head.U32() != Crc32(rest.substr(0, kHeadBytes - 4))) {
    return Status::DataLoss("the head of a record is damaged");
  }
  if (size > rest.size() - kHeadBytes) return std::optional<std::string_view>();
  const std::string_view record = rest.substr(kHeadBytes, size);
  if (Crc32(record) == record_sum) return std::optional(record);
  if (rest.size() == kHeadBytes + size) return std::optional<std::string_view>();
  return Status::DataLoss("a record is damaged");
}

struct StoredFrame {
  uint64_t offset = 0;
  uint64_t size = 0;  // of the record
  uint32_t record_sum = 0;
  uint64_t end() const { return offset + kHeadBytes + size; }
};

// Frames of a journal in a file, without what is in between. DataLoss for one that is not whole.
class FrameReader {
 public:
  FrameReader(int fd, uint64_t file_size) : fd_(fd), file_size_(file_size) {}
  uint64_t file_size() const { return file_size_; }

  Result<std::string> Read(uint64_t offset, size_t size) const {
    std::string bytes(size, '\0');
    for (size_t used = 0; used < size;) {
      const ssize_t got =
          pread(fd_, bytes.data() + used, size - used, static_cast<off_t>(offset + used));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Status::FromErrno("read the journal", errno);
      if (got == 0) return Status::DataLoss("the journal ends in the midst of a record");
      used += static_cast<size_t>(got);
    }
    return bytes;
  }

  Result<StoredFrame> At(uint64_t offset) const {
    KUBEDIAG_ASSIGN_OR_RETURN(const std::string bytes, Read(offset, kHeadBytes));
    const std::string_view head_bytes = bytes;
    ByteReader head(head_bytes);
    StoredFrame frame{.offset = offset, .size = head.U64(), .record_sum = head.U32()};
    if (head.U32() != Crc32(head_bytes.substr(0, kHeadBytes - 4)) ||
        offset + kHeadBytes > file_size_ || frame.size > file_size_ - offset - kHeadBytes) {
      return Status::DataLoss("a record is damaged");
    }
    return frame;
  }

  Result<Record> Decode(const StoredFrame& frame) const {
    if (frame.size > kMaxJournalBytes) return Status::DataLoss("a record is too large");
    KUBEDIAG_ASSIGN_OR_RETURN(const std::string bytes, Read(frame.offset + kHeadBytes, frame.size));
    if (Crc32(bytes) != frame.record_sum) return Status::DataLoss("a record is damaged");
    return DecodeRecord(bytes);
  }

 private:
  const int fd_;
  const uint64_t file_size_;
};

}  // namespace

Result<JournalContents> ParseJournal(std::string_view bytes) {
  JournalContents contents;
  if (!bytes.starts_with(kMagic)) {
    if (!kMagic.starts_with(bytes)) return Status::DataLoss("not a journal");
    contents.torn = !bytes.empty();
    return contents;
  }
  contents.sound_bytes = kMagic.size();
  while (contents.sound_bytes < bytes.size()) {
    KUBEDIAG_ASSIGN_OR_RETURN(const std::optional<std::string_view> frame,
                              NextFrame(bytes.substr(contents.sound_bytes)));
    if (!frame) {
      contents.torn = true;
      break;
    }
    KUBEDIAG_ASSIGN_OR_RETURN(Record record, DecodeRecord(*frame));
    if (std::holds_alternative<BeginRecord>(record) != contents.records.empty()) {
      return Status::DataLoss("a record stands where it cannot");
    }
    contents.records.push_back(std::move(record));
    contents.sound_bytes += kHeadBytes + frame->size();
  }
  return contents;
}

bool IsJournalFolder(int directory, const std::string& name) {
  const auto fd = OpenAt(directory, name + "/" + kFileName, O_RDONLY | O_NONBLOCK);
  if (!fd.ok()) return false;
  std::string head(kMagic.size(), '\0');
  const ssize_t got = pread(fd->get(), head.data(), head.size(), 0);
  return got >= 0 && kMagic.starts_with(std::string_view{head}.substr(0, static_cast<size_t>(got)));
}

Result<std::unique_ptr<Journal>> Journal::Create(int run_directory, const BeginRecord& begin) {
  const std::string bytes = std::string(kMagic) + Frame(EncodeRecord(begin));
  KUBEDIAG_RETURN_IF_ERROR(ReplaceFileAt(run_directory, kFileName, bytes));
  return Continue(run_directory, bytes.size());
}

Result<std::unique_ptr<Journal>> Journal::Continue(int run_directory, size_t sound_bytes) {
  KUBEDIAG_ASSIGN_OR_RETURN(UniqueFd fd, OpenAt(run_directory, kFileName, O_WRONLY));
  if (ftruncate(fd.get(), static_cast<off_t>(sound_bytes)) != 0 ||
      lseek(fd.get(), 0, SEEK_END) < 0) {
    return Status::FromErrno("cut the journal's torn tail", errno);
  }
  return std::unique_ptr<Journal>(new Journal(std::move(fd), sound_bytes));
}

Result<JournalContents> Journal::Read(int run_directory) {
  KUBEDIAG_ASSIGN_OR_RETURN(UniqueFd fd, OpenAt(run_directory, kFileName, O_RDONLY));
  KUBEDIAG_ASSIGN_OR_RETURN(
      const std::string bytes,
      ReadAll(fd.get(), kFileName, kMaxJournalBytes + kMaxJournalReserveBytes));
  return ParseJournal(bytes);
}

Status Journal::Discard(int run_directory) {
  if (unlinkat(run_directory, kFileName, 0) != 0 && errno != ENOENT) {
    return Status::FromErrno("remove the journal", errno);
  }
  if (fsync(run_directory) != 0) return Status::FromErrno("remove the journal", errno);
  return Status::Ok();
}

Result<JournalOutline> Journal::ReadOutline(int run_directory) {
  KUBEDIAG_ASSIGN_OR_RETURN(const UniqueFd fd,
                            OpenAt(run_directory, kFileName, O_RDONLY | O_NONBLOCK));
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) return Status::FromErrno("look at the journal", errno);
  const FrameReader frames(fd.get(), static_cast<uint64_t>(info.st_size));
  KUBEDIAG_ASSIGN_OR_RETURN(const std::string magic, frames.Read(0, kMagic.size()));
  if (magic != kMagic) return Status::DataLoss("not a journal");
  KUBEDIAG_ASSIGN_OR_RETURN(StoredFrame frame, frames.At(kMagic.size()));
  KUBEDIAG_ASSIGN_OR_RETURN(Record first, frames.Decode(frame));
  if (!std::holds_alternative<BeginRecord>(first)) {
    return Status::DataLoss("a record stands where it cannot");
  }
  JournalOutline outline{.begin = std::get<BeginRecord>(std::move(first)), .ended = false};
  while (frame.end() < frames.file_size()) {
    const auto next = frames.At(frame.end());
    if (next.status().code() == StatusCode::kDataLoss) return outline;  // it has not got to its end
    KUBEDIAG_RETURN_IF_ERROR(next.status());
    frame = *next;
  }
  // The others are results, which may be large.
  if (frame.size > kMaxEndRecordBytes) return outline;
  const auto last = frames.Decode(frame);
  outline.ended = last.ok() && std::holds_alternative<EndRecord>(*last);
  return outline;
}

std::string Journal::VersionOf(int run_directory) {
  struct stat info {};
  if (fstatat(run_directory, kFileName, &info, AT_SYMLINK_NOFOLLOW) != 0) return "";
  std::string version;
  for (const auto part :
       {static_cast<int64_t>(info.st_ino), static_cast<int64_t>(info.st_size),
        static_cast<int64_t>(info.st_ctim.tv_sec), static_cast<int64_t>(info.st_ctim.tv_nsec)}) {
    version.append(std::to_string(part)).append(":");
  }
  return version;
}

Status Journal::Append(const Record& record) {
  const std::string frame = Frame(EncodeRecord(record));
  const auto* finished = std::get_if<FinishedRecord>(&record);
  const bool has_results = finished != nullptr && !finished->values.empty();
  const size_t cap = kMaxJournalBytes + (has_results ? 0 : kMaxJournalReserveBytes);

  const std::lock_guard lock(mutex_);
  if (!broken_.ok()) return broken_;
  if (frame.size() > cap || size_ > cap - frame.size()) {
    return Status::ResourceExhausted("the journal would pass " + std::to_string(cap) + " bytes")
        .WithReason("ResultLimit");
  }
  Status status = WriteAll(fd_.get(), frame);
  // An end that is lost is only told again.
  const bool sync = !std::holds_alternative<EndRecord>(record);
  if (status.ok() && sync && fdatasync(fd_.get()) != 0)
    status = Status::FromErrno("fdatasync", errno);
  if (!status.ok()) return broken_ = status.Annotate("journal");
  size_ += frame.size();
  return Status::Ok();
}

}  // namespace kubediag::diagnosis
