/* An operation without run(). */
#include "test/modules/module.h"

EXPORT_RUN(0)
