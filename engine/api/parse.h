// ParseDocuments: the documents of a file of YAML or JSON as trees, positions kept.
//
// Pure, thread-safe. A document is JSON if it begins with a brace or bracket and parses as such,
// else YAML. A syntax error ends the document it is in; the file goes on with the next `---`.
// Duplicate keys are kept (Value::Find takes the first): the caller reports them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/api/value.h"

namespace kubediag::api {

struct SyntaxError {
  Position position;
  std::string message;
};

struct ParsedDocuments {
  std::vector<Value> documents;  // without the empty ones
  std::vector<SyntaxError> errors;
};

ParsedDocuments ParseDocuments(std::string_view bytes);

// One form, of bytes that are known to be text in UTF-8. `first_line` (from 0) is where they stand
// in their file. Appends to `parsed`.
void ParseYaml(std::string_view bytes, int first_line, ParsedDocuments& parsed);
void ParseJson(std::string_view bytes, int first_line, ParsedDocuments& parsed);

}  // namespace kubediag::api
