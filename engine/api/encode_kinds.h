// Building documents from objects, field by field. Used by encode.cpp only. Pure functions.
#pragma once

#include "engine/api/objects.h"
#include "engine/api/value.h"

namespace kubediag::api {

// spec and, if there is anything in it, status; for a Secret data and type.
void AddFields(const Operation& operation, Value& document);
void AddFields(const OperationSet& operation_set, Value& document);
void AddFields(const Diagnosis& diagnosis, Value& document);
void AddFields(const Secret& secret, Value& document);

Value MetadataValue(const ObjectMeta& metadata);
Value StatusValue(const DiagnosisStatus& status);
Value StatusValue(const OperationSetStatus& status);

// Shared parts. Set* leave out what is empty.
void SetString(Value& map, std::string_view name, const std::string& text);
void SetTime(Value& map, std::string_view name, const std::optional<Time>& time);
void SetStrings(Value& map, std::string_view name, const StringMap& strings);
void SetPath(Value& map, std::string_view name, const Path& path);
void SetPaths(Value& map, std::string_view name, const std::vector<Path>& paths);
void SetConditions(Value& map, const std::vector<Condition>& conditions);
Value NodeValue(const Node& node);
Value StringsValue(const StringMap& strings);
Value StringListValue(const std::vector<std::string>& strings);

}  // namespace kubediag::api
