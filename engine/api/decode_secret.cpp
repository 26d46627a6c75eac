#include "engine/api/base64.h"
#include "engine/api/decode_kinds.h"

namespace kubediag::api {
namespace {

void ReadData(const Cursor& at, Secret& out) {
  if (!at.IsMap()) return;
  for (size_t i = 0; i < at.value().keys.size(); ++i) {
    const Cursor entry = at.Entry(i);
    if (entry.value().kind == Value::Kind::kNull) continue;
    const auto text = entry.String();
    if (!text) continue;
    auto bytes = DecodeBase64(*text);
    if (!bytes) {
      entry.Error("not base64; text as it is goes into stringData");
      continue;
    }
    out.data.emplace(at.value().keys[i].name, *std::move(bytes));
  }
}

constexpr FieldRule<Secret> kFields[] = {
    {"metadata", [](const Cursor& at, Secret& out) { ReadMetadata(at, out.metadata); }},
    {"data", ReadData},
    // Read after `data`, whatever the order in the file: it wins.
    {"stringData", [](const Cursor&, Secret&) {}},
    {"type", [](const Cursor& at, Secret& out) { out.type = at.String().value_or(""); }},
    {"immutable", [](const Cursor&, Secret&) {}},
};

}  // namespace

void ReadSecret(const Cursor& document, Secret& secret) {
  ReadFields(document, kFields, secret, kTypeFields);
  const Value& value = document.value();
  const Value* const string_data = value.Find("stringData");
  if (string_data == nullptr || string_data->kind == Value::Kind::kNull) return;
  const auto index = static_cast<size_t>(string_data - value.items.data());
  for (auto& [key, text] : document.Field(index).Strings()) secret.data[key] = text;
}

}  // namespace kubediag::api
