// ParseDocuments: the documents of a file of YAML or JSON as trees, positions kept.
//
// Pure, thread-safe. The file is JSON if it begins with a brace or bracket and parses as a sequence
// of JSON values, else YAML. A syntax error ends the document it is in; a YAML file goes on with
// the next `---`. Duplicate keys are kept (Value::Find takes the first): the caller reports them.
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

// One form, whatever the bytes look like. They must be UTF-8 (ParseDocuments checks it).
ParsedDocuments ParseYaml(std::string_view bytes);
ParsedDocuments ParseJson(std::string_view bytes);

}  // namespace kubediag::api
