/* Leaves processes behind: one in the group, one in a session of its own whose parent has ended,
 * one the same with an environment of its own. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/modules/module.h"

static void sleep_in_new_environment(void) {
  char* const arguments[] = {"sleep", "600", NULL};
  char* const environment[] = {NULL};
  execve("/bin/sleep", arguments, environment);
  _exit(1);
}

static void detach(void (*then)(void)) {
  const pid_t child = fork();
  if (child == 0) {
    setsid();
    if (fork() == 0) {
      if (then != NULL) then();
      for (;;) pause();
    }
    _exit(0);
  }
  waitpid(child, NULL, 0);
}

static kubediag_code run(const kubediag_host* host, const kubediag_job* job) {
  (void)job;
  if (fork() == 0) {
    for (;;) pause();
  }
  detach(NULL);
  detach(sleep_in_new_environment);
  const kubediag_string key = TEXT("left.behind");
  const kubediag_string value = TEXT("3");
  return host->emit(host->context, key, value);
}
EXPORT_RUN(run)
