// Records: the text that the fetch client and the fetch program exchange.
//
// A record is "NAME LENGTH\n", LENGTH bytes and "\n"; a message is a list of records that ends with
// "end 0\n\n", so a cut message never passes for a whole one. Values are bytes: no escaping,
// nothing to get wrong. Names are [a-z_], LENGTH is decimal without sign or leading zero.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/result.h"

namespace kubediag::fetch {

struct Record {
  std::string name;
  std::string value;
};

void AppendRecord(std::string& message, std::string_view name, std::string_view value);
void AppendEnd(std::string& message);

// The records of a whole message. InvalidArgument with the byte position for anything else,
// DataLoss if the end is missing.
Result<std::vector<Record>> ParseRecords(std::string_view message);

// A decimal number without sign, at most `max`.
Result<uint64_t> ParseNumber(std::string_view name, std::string_view text, uint64_t max);

}  // namespace kubediag::fetch
