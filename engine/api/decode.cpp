#include "engine/api/decode.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "engine/api/cursor.h"
#include "engine/api/decode_kinds.h"
#include "engine/api/parse.h"
#include "engine/api/value.h"
#include "engine/core/nearest_names.h"

namespace kubediag::api {
namespace {

constexpr std::string_view kCoreVersion = "v1";
constexpr std::string_view kListSuffix = "List";
constexpr std::string_view kOwnKinds[] = {"Operation", "OperationSet", "Diagnosis", "Secret"};
// Kinds of the group that mean something to a cluster only.
constexpr std::string_view kClusterKinds[] = {"Trigger", "CommonEvent", "Task"};

std::string_view ScalarText(const Value& map, std::string_view name) {
  const Value* const field = map.Find(name);
  if (field == nullptr || field->kind != Value::Kind::kString) return {};
  return field->text;
}

std::string NameInMessages(std::string_view kind, const Value& document) {
  const Value* const metadata = document.Find("metadata");
  std::string name(kind.empty() ? "object" : kind);
  if (metadata == nullptr) return name;
  const std::string_view own_name = ScalarText(*metadata, "name");
  return own_name.empty() ? name : name + " " + std::string(own_name);
}

bool BeginsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}
bool EndsWith(std::string_view text, std::string_view suffix) {
  return text.size() > suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

std::string LineOf(Position position) { return "line " + std::to_string(position.line); }

// Maps whose keys are the user's own words.
constexpr std::string_view kFreeMaps[] = {"annotations", "codeSource",       "data",
                                          "labels",      "operationResults", "parameters",
                                          "settings",    "stringData"};

// The values are at most kMaxManifestDepth deep.
void ReportDuplicateKeys(const Cursor& at) {
  const Value& value = at.value();
  const bool free_keys =
      std::find(std::begin(kFreeMaps), std::end(kFreeMaps), at.name()) != std::end(kFreeMaps);
  if (value.kind == Value::Kind::kMap) {
    std::vector<size_t> order(value.keys.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return value.keys[a].name < value.keys[b].name; });
    size_t first = 0;
    for (size_t i = 1; i < order.size(); ++i) {
      if (value.keys[order[i]].name != value.keys[order[first]].name) {
        first = i;
        continue;
      }
      const Cursor duplicate = free_keys ? at.Entry(order[i]) : at.Field(order[i]);
      duplicate.ErrorAtKey("duplicate key, first at " + LineOf(value.keys[order[first]].position));
    }
  }
  for (size_t i = 0; i < value.items.size(); ++i) {
    if (value.items[i].is_scalar()) continue;
    ReportDuplicateKeys(value.kind == Value::Kind::kMap ? at.Field(i) : at.Item(i));
  }
}

// Whether `field` is `around` or lies in it.
bool IsIn(std::string_view field, std::string_view around) {
  if (!BeginsWith(field, around)) return false;
  return around.empty() || field.size() == around.size() || field[around.size()] == '.' ||
         field[around.size()] == '[';
}

// Whether one of `fields` is `field`, lies in it or around it.
bool IsAround(const std::vector<std::string>& fields, std::string_view field) {
  return std::any_of(fields.begin(), fields.end(), [&](std::string_view candidate) {
    return IsIn(candidate, field) || (!candidate.empty() && IsIn(field, candidate));
  });
}

class FileDecoder {
 public:
  explicit FileDecoder(std::string_view file) { report_.file = file; }

  Decoded Run(std::string_view bytes) {
    ParsedDocuments parsed = ParseDocuments(bytes);
    for (const SyntaxError& error : parsed.errors) {
      report_.Add(Severity::kError, error.position, "", error.message);
    }
    for (Value& document : parsed.documents) DecodeDocument(std::move(document), {});
    return Take();
  }

  Decoded Run(Value document) {
    DecodeDocument(std::move(document), {});
    return Take();
  }

 private:
  Decoded Take() {
    if (report_.omitted > 0) {
      const Severity severity = report_.omitted_errors > 0 ? Severity::kError : Severity::kWarning;
      report_.diagnostics.push_back({severity, report_.file, 0, 0, "", "",
                                     "and " + std::to_string(report_.omitted) + " more"});
    }
    decoded_.diagnostics = std::move(report_.diagnostics);
    std::stable_sort(decoded_.diagnostics.begin(), decoded_.diagnostics.end(), IsBefore);
    return std::move(decoded_);
  }

  // What concerns no line of the file comes last.
  static bool IsBefore(const Diagnostic& a, const Diagnostic& b) {
    if ((a.line == 0) != (b.line == 0)) return b.line == 0;
    return a.line != b.line ? a.line < b.line : a.column < b.column;
  }

  void DecodeDocument(Value document, std::string_view implied_kind) {
    report_.object.clear();
    report_.error_fields.clear();
    const Position place = document.position;
    if (document.kind != Value::Kind::kMap) {
      return report_.Add(
          Severity::kError, place, "",
          "expected an object with apiVersion, kind and metadata, not " + Describe(document));
    }
    std::string_view kind = ScalarText(document, "kind");
    if (kind.empty()) kind = implied_kind;
    const bool is_implied = !implied_kind.empty();
    const std::string_view version = ScalarText(document, "apiVersion");
    report_.object = NameInMessages(kind, document);
    const bool kind_is_text = IsText(document, "kind");
    const bool version_is_text = IsText(document, "apiVersion");
    if (!kind_is_text || !version_is_text) return;
    if (kind.empty())
      return MissingField(document, "kind", "Operation, OperationSet, Diagnosis, …");
    if (version.empty() && !is_implied) return MissingField(document, "apiVersion", kGroupVersion);

    const bool is_ours = version.empty() || version == kGroupVersion;
    const bool is_core = version.empty() || version == kCoreVersion;
    if ((is_ours || is_core) && EndsWith(kind, kListSuffix)) {
      return DecodeItems(std::move(document), kind.substr(0, kind.size() - kListSuffix.size()));
    }
    if (is_core && kind == "List") return DecodeItems(std::move(document), {});
    if (is_ours && kind == "Operation") return DecodeAs<Operation>(ReadOperation, document);
    if (is_ours && kind == "OperationSet")
      return DecodeAs<OperationSet>(ReadOperationSet, document);
    if (is_ours && kind == "Diagnosis") return DecodeAs<Diagnosis>(ReadDiagnosis, document);
    if (is_core && kind == "Secret") return DecodeAs<Secret>(ReadSecret, document);
    Skip(document, kind, version);
  }

  // False: it is something else, and that is said.
  bool IsText(const Value& document, std::string_view field) {
    const Value* const value = document.Find(field);
    if (value == nullptr || value->kind == Value::Kind::kNull) return true;
    if (value->kind == Value::Kind::kString) return true;
    report_.Add(Severity::kError, value->position, std::string(field),
                "expected a string, not " + Describe(*value));
    return false;
  }

  void MissingField(const Value& document, std::string_view field, std::string_view example) {
    report_.Add(Severity::kError, document.position, std::string(field),
                "is missing (" + std::string(example) + ")");
  }

  void Skip(const Value& document, std::string_view kind, std::string_view version) {
    std::string message(version);
    if (!message.empty()) message += ' ';
    message += std::string(kind) + " is skipped";
    const auto is_kind = [&](std::string_view known) { return known == kind; };
    if (std::any_of(std::begin(kOwnKinds), std::end(kOwnKinds), is_kind)) {
      const bool is_secret = kind == "Secret";
      message += std::string("; ") + std::string(kind) + " is of " +
                 (is_secret ? std::string(kCoreVersion) : std::string(kGroupVersion));
    } else if (BeginsWith(version, kGroup)) {
      const bool in_cluster =
          std::any_of(std::begin(kClusterKinds), std::end(kClusterKinds), is_kind);
      const std::string_view nearest = in_cluster ? "" : NearestName(kind, kOwnKinds);
      if (in_cluster) message += "; it has a meaning in a cluster only";
      if (!nearest.empty()) message += "; did you mean " + std::string(nearest) + "?";
    }
    report_.Add(Severity::kWarning, document.position, "", message);
  }

  // Lists may hold lists: each level is one of the document's, so it is bounded.
  void DecodeItems(Value list, std::string_view item_kind) {
    const std::string implied(item_kind);
    const Value* const items = list.Find("items");
    if (items == nullptr || items->kind == Value::Kind::kNull) return;
    if (items->kind != Value::Kind::kList) {
      return report_.Add(Severity::kError, items->position, "items",
                         "expected a list, not " + Describe(*items));
    }
    const auto index = static_cast<size_t>(items - list.items.data());
    for (Value& item : list.items[index].items) DecodeDocument(std::move(item), implied);
  }

  template <typename T>
  void DecodeAs(void (*read)(const Cursor&, T&), Value& document) {
    T object;
    auto source = std::make_shared<const Value>(std::move(document));
    const Cursor root(*source, report_);
    read(root, object);
    ReportDuplicateKeys(root);
    const bool name_is_bad = IsAround(report_.error_fields, "metadata.name");
    if (object.metadata.name.empty() && !name_is_bad) NameIsMissing(*source);
    constexpr bool kNamespaced = std::is_same_v<T, Diagnosis> || std::is_same_v<T, Secret>;
    if (kNamespaced && object.metadata.namespace_name.empty()) {
      object.metadata.namespace_name = kDefaultNamespace;
    }
    decoded_.objects.push_back({std::move(object), report_.error_fields.empty(), report_.file,
                                std::move(source), std::move(report_.error_fields)});
  }

  void NameIsMissing(const Value& document) {
    const Value* const metadata = document.Find("metadata");
    const Position place = metadata == nullptr || metadata->position.line == 0 ? document.position
                                                                               : metadata->position;
    const bool is_generated = metadata != nullptr && metadata->Find("generateName") != nullptr;
    report_.Add(Severity::kError, place, "metadata.name",
                is_generated ? "is missing; generateName works in a cluster only" : "is missing");
  }

  Report report_;
  Decoded decoded_;
};

// Takes the first step of a field path: "spec", "[3]" → 3, "[param.x]" → param.x.
struct PathStep {
  std::string_view name;
  bool bracketed = false;
};

PathStep TakeStep(std::string_view& path) {
  if (path[0] == '[') {
    size_t end = path.find(']');
    // A key may hold brackets itself: the step ends where a next one begins.
    while (end != std::string_view::npos && end + 1 < path.size() && path[end + 1] != '.' &&
           path[end + 1] != '[') {
      end = path.find(']', end + 1);
    }
    if (end == std::string_view::npos) end = path.size() - 1;
    const PathStep step{path.substr(1, end - 1), true};
    path.remove_prefix(end + 1);
    if (!path.empty() && path[0] == '.') path.remove_prefix(1);
    return step;
  }
  const size_t end = std::min(path.find_first_of(".["), path.size());
  const PathStep step{path.substr(0, end), false};
  path.remove_prefix(end);
  if (!path.empty() && path[0] == '.') path.remove_prefix(1);
  return step;
}

Position PlaceOf(const Value& root, std::string_view path) {
  const Value* value = &root;
  Position place = root.position;
  while (!path.empty()) {
    const PathStep step = TakeStep(path);
    const Value* next = nullptr;
    if (value->kind == Value::Kind::kMap) {
      next = value->Find(step.name);
      if (next == nullptr) break;
      place = value->keys[static_cast<size_t>(next - value->items.data())].position;
    } else if (value->kind == Value::Kind::kList && step.bracketed) {
      size_t index = 0;
      const auto [end, error] =
          std::from_chars(step.name.data(), step.name.data() + step.name.size(), index);
      if (error != std::errc() || index >= value->items.size()) break;
      next = &value->items[index];
    } else {
      break;
    }
    if (next->kind != Value::Kind::kNull && next->position.line > 0) place = next->position;
    value = next;
  }
  return place;
}

}  // namespace

bool DecodedObject::HasErrorAt(std::string_view field) const {
  return std::any_of(error_fields.begin(), error_fields.end(),
                     [&](std::string_view candidate) { return IsIn(candidate, field); });
}

bool DecodedObject::HasErrorAround(std::string_view field) const {
  return IsAround(error_fields, field);
}

Diagnostic DecodedObject::Report(Severity severity, std::string_view field,
                                 std::string message) const {
  const Position place = PlaceOf(*source, field);
  const ObjectMeta& metadata = MetadataOf(object);
  std::string name(KindOf(object));
  if (!metadata.name.empty()) name += " " + metadata.name;
  return {severity,          file, place.line, place.column, std::move(name), std::string(field),
          std::move(message)};
}

Decoded Decode(std::string_view bytes, std::string_view file) {
  return FileDecoder(file).Run(bytes);
}

Decoded DecodeDocument(Value document, std::string_view file) {
  return FileDecoder(file).Run(std::move(document));
}

}  // namespace kubediag::api
