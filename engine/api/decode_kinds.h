// Reading the kinds of objects from their documents, field by field. Used by decode.cpp only.
// Functions report what is wrong through the cursor and fill in what could be read.
#pragma once

#include "engine/api/cursor.h"
#include "engine/api/objects.h"

namespace kubediag::api {

// `document` is the whole object, a map.
void ReadOperation(const Cursor& document, Operation& operation);
void ReadOperationSet(const Cursor& document, OperationSet& operation_set);
void ReadDiagnosis(const Cursor& document, Diagnosis& diagnosis);
void ReadSecret(const Cursor& document, Secret& secret);

// Parts that several kinds share.
void ReadMetadata(const Cursor& at, ObjectMeta& metadata);
void ReadNode(const Cursor& at, Node& node);
Path ReadPath(const Cursor& at);
std::vector<Path> ReadPaths(const Cursor& at);
std::vector<Condition> ReadConditions(const Cursor& at);

// Top-level keys that are no field of a kind.
inline constexpr std::string_view kTypeFields[] = {"apiVersion", "kind"};

}  // namespace kubediag::api
