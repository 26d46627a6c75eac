// The records between a module and kubediag-fetch, from either side: what the program reads of a
// request and acts on before it asks anybody, and what the client makes of its answer.
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "plugins/fetch/address_rules.h"
#include "plugins/fetch/reason.h"
#include "plugins/fetch/records.h"
#include "plugins/fetch/request.h"
#include "plugins/fetch/source_url.h"

namespace {

using namespace kubediag;
using namespace kubediag::fetch;

void Require(bool holds) {
  if (!holds) std::abort();
}

// A token that no message would hold by its own words.
bool IsTelling(std::string_view token) {
  if (token.size() < 8) return false;
  for (const char c : token) {
    if (isupper(static_cast<unsigned char>(c)) != 0) return true;
  }
  return false;
}

void CheckRecords(std::string_view bytes) {
  const auto records = ParseRecords(bytes);
  if (!records.ok()) {
    Require(!records.status().message().empty());
    return;
  }
  // There is one way to write a message.
  std::string again;
  for (const Record& record : *records) AppendRecord(again, record.name, record.value);
  AppendEnd(again);
  Require(again == bytes);
  // A cut message never passes for a whole one.
  Require(!ParseRecords(bytes.substr(0, bytes.size() - 1)).ok());

  const auto request = DecodeRequest(bytes);
  if (request.ok()) return;
  for (const Record& record : *records) {
    if (record.name != "bearer_token" || !IsTelling(record.value)) continue;
    Require(request.status().message().find(record.value) == std::string::npos);
  }
}

void CheckRequest(std::string_view bytes) {
  const auto request = DecodeRequest(bytes);
  if (!request.ok()) return;
  Require(request->url.size() <= kMaxUrlBytes);
  Require(request->bearer_token.size() <= kMaxTokenBytes);
  Require(request->allowed_cidrs.size() <= kMaxAllowedCidrs);
  Require(request->total_timeout <= kMaxTotalTimeout);
  const std::string encoded = EncodeRequest(*request);
  const auto again = DecodeRequest(encoded);
  Require(again.ok() && EncodeRequest(*again) == encoded);

  if (const auto source = CheckUrl(request->url); source.ok()) {
    Require(!source->host.empty() && source->port != 0);
    Require(source->host.find_first_of("@/\\#? ") == std::string::npos);
  }
  for (const std::string& text : request->allowed_cidrs) {
    const auto cidr = ParseCidr(text);
    if (cidr.ok()) Require(cidr->Contains(cidr->base));
  }
  const auto rules = AddressRules::Build(request->allowed_cidrs);
  if (!rules.ok()) return;
  // Permissions only ever allow more than there is without them.
  const auto none = AddressRules::Build({});
  for (const char* text : {"127.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "10.0.0.1"}) {
    const auto address = ParseAddress(text);
    Require(!rules->Denial(*address) || none->Denial(*address));
    if (request->allowed_cidrs.empty()) Require(rules->Denial(*address) == none->Denial(*address));
  }
}

kubediag::Status StatusOf(const kubediag::Result<Response>& answer) {
  return answer.ok() ? kubediag::Status::Ok() : answer.status();
}

void CheckAnswer(std::string_view bytes) {
  const auto answer = DecodeAnswer(bytes);
  if (!answer.ok()) {
    // Whatever the bytes are, the failure has one of the reasons that users are told about.
    Require(ReasonOf(answer.status().reason()).has_value());
  } else {
    Require(answer->http_status > 0 && answer->http_status <= 999);
    Require(answer->content_type.size() <= kMaxContentTypeBytes);
  }
  const auto again = DecodeAnswer(EncodeAnswer(answer));
  Require(StatusOf(again) == StatusOf(answer));
  if (answer.ok()) Require(EncodeAnswer(again) == EncodeAnswer(answer));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  CheckRecords(bytes);
  CheckRequest(bytes);
  CheckAnswer(bytes);
  return 0;
}
