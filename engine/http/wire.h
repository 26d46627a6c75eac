// The head of a response as bytes. Internal to this folder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/http/message.h"

namespace kubediag::http {

// "OK", "Not Found" …; "Status" for a code this server never sends.
std::string_view ReasonPhrase(int status);

// Status line, headers and the empty line. Adds Content-Length, Connection, Date and
// X-Content-Type-Options. Headers that could split the response make it a 500 without them, and
// `response` is replaced accordingly.
std::string SerialiseHead(Response& response, bool keep_alive);

}  // namespace kubediag::http
