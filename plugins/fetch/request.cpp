#include "plugins/fetch/request.h"

#include <limits>
#include <utility>

#include "plugins/fetch/reason.h"
#include "plugins/fetch/records.h"

namespace kubediag::fetch {
namespace {

constexpr std::string_view kGet = "GET";
constexpr std::string_view kPost = "POST";
constexpr std::string_view kTrustGivenCa = "given_ca";
constexpr std::string_view kTrustSystem = "system";
constexpr uint64_t kMaxMilliseconds = std::chrono::milliseconds(kMaxTotalTimeout).count();

Status TooLong(std::string_view name, size_t max) {
  return Status::InvalidArgument(std::string(name) + " is longer than " + std::to_string(max) +
                                 " bytes");
}

Status Unknown(std::string_view name) {
  return Status::InvalidArgument("record " + std::string(name) + " has an unknown value");
}

Status SetText(std::string& field, Record& record, size_t max) {
  if (record.value.size() > max) return TooLong(record.name, max);
  field = std::move(record.value);
  return Status::Ok();
}

Status SetMilliseconds(std::chrono::milliseconds& field, const Record& record) {
  KUBEDIAG_ASSIGN_OR_RETURN(const uint64_t number,
                            ParseNumber(record.name, record.value, kMaxMilliseconds));
  field = std::chrono::milliseconds(number);
  return Status::Ok();
}

Status Apply(Request& request, Record& record) {
  if (record.name == "method") {
    if (record.value != kGet && record.value != kPost) return Unknown(record.name);
    request.method = record.value == kPost ? Method::kPost : Method::kGet;
    return Status::Ok();
  }
  if (record.name == "trust") {
    if (record.value != kTrustGivenCa && record.value != kTrustSystem) return Unknown(record.name);
    request.trust = record.value == kTrustSystem ? Trust::kSystem : Trust::kGivenCa;
    return Status::Ok();
  }
  if (record.name == "url") return SetText(request.url, record, kMaxUrlBytes);
  if (record.name == "body") return SetText(request.body, record, kMaxPostBytes);
  if (record.name == "content_type") {
    return SetText(request.content_type, record, kMaxContentTypeBytes);
  }
  if (record.name == "ca_pem") return SetText(request.ca_pem, record, kMaxCaBytes);
  if (record.name == "bearer_token") return SetText(request.bearer_token, record, kMaxTokenBytes);
  if (record.name == "allowed_cidr") {
    if (request.allowed_cidrs.size() == kMaxAllowedCidrs) {
      return Status::InvalidArgument("more than " + std::to_string(kMaxAllowedCidrs) +
                                     " records allowed_cidr");
    }
    request.allowed_cidrs.push_back(std::move(record.value));
    return Status::Ok();
  }
  if (record.name == "max_body_bytes") {
    KUBEDIAG_ASSIGN_OR_RETURN(
        request.max_body_bytes,
        ParseNumber(record.name, record.value, std::numeric_limits<int64_t>::max()));
    return Status::Ok();
  }
  if (record.name == "connect_timeout") return SetMilliseconds(request.connect_timeout, record);
  if (record.name == "total_timeout") return SetMilliseconds(request.total_timeout, record);
  if (record.name == "stall_timeout") {
    KUBEDIAG_ASSIGN_OR_RETURN(
        const uint64_t number,
        ParseNumber(record.name, record.value, static_cast<uint64_t>(kMaxTotalTimeout.count())));
    request.stall_timeout = std::chrono::seconds(number);
    return Status::Ok();
  }
  return Status::InvalidArgument("unknown record " + record.name);
}

Status Apply(Response& response, Record& record) {
  if (record.name == "http_status") {
    KUBEDIAG_ASSIGN_OR_RETURN(const uint64_t number, ParseNumber(record.name, record.value, 999));
    response.http_status = static_cast<int>(number);
    return Status::Ok();
  }
  if (record.name == "body_bytes") {
    KUBEDIAG_ASSIGN_OR_RETURN(
        response.body_bytes,
        ParseNumber(record.name, record.value, std::numeric_limits<int64_t>::max()));
    return Status::Ok();
  }
  if (record.name == "content_type") {
    return SetText(response.content_type, record, kMaxContentTypeBytes);
  }
  if (record.name == "remote_address") return SetText(response.remote_address, record, 64);
  return Status::InvalidArgument("unknown record " + record.name);
}

Status Unusable(const Status& status) {
  return FetchError(Reason::kFetchUnavailable,
                    "the fetch program gave no usable answer: " + status.message());
}

}  // namespace

std::string EncodeRequest(const Request& request) {
  std::string message;
  AppendRecord(message, "method", request.method == Method::kPost ? kPost : kGet);
  AppendRecord(message, "url", request.url);
  if (!request.body.empty()) AppendRecord(message, "body", request.body);
  if (!request.content_type.empty()) AppendRecord(message, "content_type", request.content_type);
  AppendRecord(message, "trust", request.trust == Trust::kSystem ? kTrustSystem : kTrustGivenCa);
  if (!request.ca_pem.empty()) AppendRecord(message, "ca_pem", request.ca_pem);
  if (!request.bearer_token.empty()) AppendRecord(message, "bearer_token", request.bearer_token);
  for (const std::string& cidr : request.allowed_cidrs) {
    AppendRecord(message, "allowed_cidr", cidr);
  }
  AppendRecord(message, "max_body_bytes", std::to_string(request.max_body_bytes));
  AppendRecord(message, "connect_timeout", std::to_string(request.connect_timeout.count()));
  AppendRecord(message, "total_timeout", std::to_string(request.total_timeout.count()));
  AppendRecord(message, "stall_timeout", std::to_string(request.stall_timeout.count()));
  AppendEnd(message);
  return message;
}

Result<Request> DecodeRequest(std::string_view message) {
  KUBEDIAG_ASSIGN_OR_RETURN(std::vector<Record> records, ParseRecords(message));
  Request request;
  for (Record& record : records) KUBEDIAG_RETURN_IF_ERROR(Apply(request, record));
  return request;
}

std::string EncodeAnswer(const Result<Response>& answer) {
  std::string message;
  if (!answer.ok()) {
    AppendRecord(message, "reason", answer.status().reason());
    AppendRecord(message, "message", answer.status().message());
  } else {
    AppendRecord(message, "http_status", std::to_string(answer->http_status));
    AppendRecord(message, "content_type", answer->content_type);
    AppendRecord(message, "body_bytes", std::to_string(answer->body_bytes));
    AppendRecord(message, "remote_address", answer->remote_address);
  }
  AppendEnd(message);
  return message;
}

Result<Response> DecodeAnswer(std::string_view message) {
  auto records = ParseRecords(message);
  if (!records.ok()) return Unusable(records.status());
  if (!records->empty() && records->front().name == "reason") {
    const auto reason = ReasonOf(records->front().value);
    if (!reason || records->size() != 2 || (*records)[1].name != "message") {
      return Unusable(Status::InvalidArgument("malformed failure"));
    }
    return FetchError(*reason, std::move((*records)[1].value));
  }
  Response response;
  for (Record& record : *records) {
    if (Status status = Apply(response, record); !status.ok()) return Unusable(status);
  }
  if (response.http_status == 0) return Unusable(Status::InvalidArgument("no http_status"));
  return response;
}

}  // namespace kubediag::fetch
