#include "plugins/go_profiler/profile/decode.h"

#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include "plugins/go_profiler/profile/inflate.h"
#include "plugins/go_profiler/profile/reader.h"
#include "plugins/go_profiler/profile/sniff.h"

namespace kubediag::profile {
namespace {

constexpr size_t kLargestAddressable = UINT32_MAX - kWireSlack;  // string offsets have 32 bits

void ShrinkToFit(Columns& c) {
  c.sample_stack.ShrinkToFit();
  c.sample_label_set.ShrinkToFit();
  c.values.ShrinkToFit();
  c.stack_begin.ShrinkToFit();
  c.stack_locations.ShrinkToFit();
  c.label_set_begin.ShrinkToFit();
  c.labels.ShrinkToFit();
  c.location_address.ShrinkToFit();
  c.location_mapping.ShrinkToFit();
  c.location_line_begin.ShrinkToFit();
  c.location_is_folded.ShrinkToFit();
  c.lines.ShrinkToFit();
  c.functions.ShrinkToFit();
  c.mappings.ShrinkToFit();
  c.location_ids.ShrinkToFit();
  c.function_ids.ShrinkToFit();
  c.strings.ShrinkToFit();
  c.text.ShrinkToFit();
  c.sample_types.ShrinkToFit();
  c.comments.ShrinkToFit();
}

}  // namespace

struct Decoder::Scratch {
  Inflater inflater;
  Column<uint8_t> bytes;
  ReaderScratch reader;
  Columns columns;

  Status Decode(std::span<const uint8_t> input, const Limits& limits);
};

Status Decoder::Scratch::Decode(std::span<const uint8_t> input, const Limits& limits) {
  if (input.empty()) return Status::InvalidArgument("not a profile: the file is empty");
  if (IsGzip(input)) {
    KUBEDIAG_RETURN_IF_ERROR(inflater.Inflate(input, limits, kWireSlack, bytes));
    if (bytes.empty()) return Status::InvalidArgument("not a profile: it unpacks to nothing");
  } else {
    if (input.size() > limits.inflated_bytes) {
      return Status::ResourceExhausted("profile of " + std::to_string(input.size()) +
                                       " bytes: at most " + std::to_string(limits.inflated_bytes) +
                                       " are read");
    }
    bytes.Clear();
    std::copy(input.begin(), input.end(), bytes.Room(input.size() + kWireSlack));
    bytes.SetSize(input.size());
  }
  // The reader looks past the end before it knows; what it sees there must at least be defined.
  std::fill_n(bytes.Room(kWireSlack), kWireSlack, uint8_t{0});

  for (const IdMode mode : {IdMode::kDense, IdMode::kSparse}) {
    Reader pass(bytes, limits, mode, reader, columns);
    switch (pass.Read()) {
      case ReadOutcome::kDone:
        return Status::Ok();
      case ReadOutcome::kFailed: {
        Status foreign = ExplainForeignBytes(bytes);
        return foreign.ok() ? pass.status() : foreign;
      }
      case ReadOutcome::kSparseIds:
        break;
    }
  }
  return Status::Internal("profile: ids could not be numbered");
}

Decoder::Decoder(const Limits& limits) : limits_(limits), scratch_(std::make_unique<Scratch>()) {
  limits_.inflated_bytes = std::min(limits_.inflated_bytes, kLargestAddressable);
}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

Result<Profile> Decoder::Parse(std::span<const uint8_t> bytes) {
  try {
    KUBEDIAG_RETURN_IF_ERROR(scratch_->Decode(bytes, limits_));
  } catch (const std::bad_alloc&) {
    return Status::ResourceExhausted("profile of " + std::to_string(bytes.size()) +
                                     " bytes: not enough memory");
  }
  return Profile(std::exchange(scratch_->columns, Columns()));
}

void Decoder::Recycle(Profile profile) { scratch_->columns = std::move(profile).Release(); }

Result<Profile> Parse(std::span<const uint8_t> bytes, const Limits& limits) {
  Decoder decoder(limits);
  Result<Profile> profile = decoder.Parse(bytes);
  if (!profile.ok()) return profile;
  Columns columns = std::move(*profile).Release();
  ShrinkToFit(columns);
  return Profile(std::move(columns));
}

}  // namespace kubediag::profile
