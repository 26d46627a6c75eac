/* Writes a lot to descriptors 0 to 2, which is allowed and must not disturb anything. */
#include <stdio.h>
#include <unistd.h>

#include "test/modules/module.h"

static kubediag_code run(const kubediag_host* host, const kubediag_job* job) {
  (void)job;
  for (int i = 0; i < 100000; ++i) {
    static const char line[] = "a line of output that nobody needs, again and again\n";
    for (int fd = 0; fd <= 2; ++fd) {
      if (write(fd, line, sizeof line - 1) < 0) continue;
    }
  }
  const kubediag_string key = TEXT("written");
  const kubediag_string value = TEXT("yes");
  return host->emit(host->context, key, value);
}
EXPORT_RUN(run)
