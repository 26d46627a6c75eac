// Base64 under the codecs' own names.
#pragma once

#include "engine/core/base64.h"

namespace kubediag::api {

using kubediag::DecodeBase64;
using kubediag::EncodeBase64;

}  // namespace kubediag::api
