// Decode: the objects in one file (or one answer of a server) of YAML or JSON documents.
//
// Pure functions, thread-safe. Input is foreign: bytes, depth, number of values and what aliases
// expand to are capped (core/limits.h), and parsing recurses no deeper than the depth cap.
//
// Everything wrong is reported at once, never only the first. Errors: YAML or JSON that cannot be
// parsed, duplicate keys, wrong types (a string that YAML reads as a number or boolean must be
// quoted), missing apiVersion, kind or metadata.name. Warnings: unknown fields (with the nearest
// known name), other kinds and versions (skipped), anything wrong in `status`, which is output.
// Rules beyond types are validate.h's, those of the graph are engine/graph's.
//
// A Diagnosis or Secret without namespace gets "default". The flat processor of KubeDiag 0.2.0 is
// decoded into http_server. Metadata that is of no use here (managedFields, ownerReferences …) is
// dropped silently. No other default is filled in: defaults.h.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/diagnostic.h"
#include "engine/api/object.h"

namespace kubediag::api {

struct Value;  // value.h

// An object and where its fields stood.
struct DecodedObject {
  Object object;
  // False if errors were found in it: `object` then holds what could be read, good for further
  // checks but not for running.
  bool valid = true;
  std::string file;
  std::shared_ptr<const Value> source;    // the parsed object; never null
  std::vector<std::string> error_fields;  // where decoding found errors

  // Whether decoding found an error at `field` or below it: then what was read of it is not what
  // the user wrote, and further findings about it would mislead.
  bool HasErrorAt(std::string_view field) const;
  // The same, or at a value that would hold `field`.
  bool HasErrorAround(std::string_view field) const;

  // A Diagnostic about `field` ("spec.adjacencyList[3].to[0]", "" for the whole object), placed at
  // the field or, if it is not there, at the nearest one around it.
  Diagnostic Report(Severity severity, std::string_view field, std::string message) const;
};

struct Decoded {
  std::vector<DecodedObject> objects;  // in the order of the file, items of Lists included
  std::vector<Diagnostic> diagnostics;

  bool ok() const { return !HasErrors(diagnostics); }
};

// `file` is only a name for messages. Empty input and empty documents are no error.
Decoded Decode(std::string_view bytes, std::string_view file);
// Of a document that is parsed already, at most kMaxManifestDepth deep.
Decoded DecodeDocument(Value document, std::string_view file);

}  // namespace kubediag::api
