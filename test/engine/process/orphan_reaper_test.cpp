#include "engine/process/orphan_reaper.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "engine/core/file.h"
#include "engine/process/child.h"

namespace kubediag::process {
namespace {

// Leaves a process in a session of its own, whose parent has ended, and says its pid.
Command OrphanMaker(bool no_new_privs) {
  Command command;
  command.program = "/bin/sh";
  const std::string start = no_new_privs ? "setpriv --no-new-privs " : "";
  command.arguments = {"-c", start + "setsid sh -c 'sleep 600 & echo $! >&5'"};
  command.environment = CleanEnvironment();
  return command;
}

// Runs `command` to its end and gives the pid it has written to descriptor 5.
pid_t RunFor(Command command) {
  int ends[2];
  EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  command.descriptors = {{write_end.get(), 5}};
  auto child = Child::Spawn(command);
  EXPECT_TRUE(child.ok());
  write_end.Reset();
  char text[16] = {};
  EXPECT_GT(read(read_end.get(), text, sizeof text - 1), 0);
  EXPECT_TRUE(child->Wait(Deadline::Never())->success());
  return static_cast<pid_t>(std::stoi(text));
}

TEST(OrphanReaper, EndsWhatARunHasLeftBehind) {
  OrphanReaper reaper;
  const pid_t orphan = RunFor(OrphanMaker(/*no_new_privs=*/true));
  EXPECT_EQ(kill(orphan, 0), 0);
  EXPECT_GE(reaper.Reap(), 1U);
  EXPECT_EQ(kill(orphan, 0), -1);
}

TEST(OrphanReaper, LeavesOtherChildrenOfTheProgramAlone) {
  OrphanReaper reaper;
  // A child the embedding program has forked by itself.
  const pid_t own = fork();
  if (own == 0) {
    for (;;) pause();
  }
  // One of ours that is still running.
  Command command;
  command.program = "/bin/sh";
  command.arguments = {"-c", "exec sleep 600"};
  auto ours = Child::Spawn(command);
  ASSERT_TRUE(ours.ok());
  EXPECT_EQ(reaper.Reap(), 0U);
  EXPECT_EQ(kill(own, 0), 0);
  EXPECT_EQ(kill(ours->pid(), 0), 0);
  kill(own, SIGKILL);
  EXPECT_EQ(waitpid(own, nullptr, 0), own);
}

TEST(OrphanReaper, RestoresWhatWas) {
  int before = 1;
  prctl(PR_GET_CHILD_SUBREAPER, &before);
  int during = 0;
  {
    OrphanReaper reaper;
    prctl(PR_GET_CHILD_SUBREAPER, &during);
  }
  int after = 1;
  prctl(PR_GET_CHILD_SUBREAPER, &after);
  EXPECT_EQ(during, 1);
  EXPECT_EQ(after, before);
}

}  // namespace
}  // namespace kubediag::process
