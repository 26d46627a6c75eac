#include "plugins/http_server/operation.h"

KUBEDIAG_OPERATION(kubediag::http_server::HttpServerOperation);
