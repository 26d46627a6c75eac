#include "engine/process/child.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "engine/core/file.h"
#include "engine/process/spawn_thread.h"
#include "engine/process/stop_event.h"
#include "test/engine/process/shell.h"

namespace kubediag::process {
namespace {

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};
Pipe MakePipe() {
  int ends[2];
  EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// What `script` writes to descriptor 5.
std::string OutputOf(Command command) {
  Pipe pipe = MakePipe();
  command.descriptors.push_back({pipe.write.get(), 5});
  auto child = Child::Spawn(command);
  EXPECT_TRUE(child.ok()) << child.status().ToString();
  pipe.write.Reset();
  std::string output = ReadAll(pipe.read.get(), "pipe", 1 << 20).value();
  EXPECT_TRUE(child->Wait(Deadline::Never())->success());
  return output;
}

TEST(Child, TellsHowItEnded) {
  auto exited = Child::Spawn(Shell("exit 3"));
  ASSERT_TRUE(exited.ok());
  EXPECT_EQ(exited->Wait(Deadline::Never())->ToString(), "exit status 3");
  auto killed = Child::Spawn(Shell("kill -SEGV $$"));
  ASSERT_TRUE(killed.ok());
  const auto exit = killed->Wait(Deadline::Never());
  EXPECT_EQ(exit->signal, SIGSEGV);
  EXPECT_EQ(exit->ToString(), "signal 11");
  EXPECT_EQ(killed->Wait(Deadline::Never())->signal, SIGSEGV) << "a second answer differs";
}

TEST(Child, TheEndIsAwaitedEvenIfPollFails) {
  auto child = Child::Spawn(Shell("exit 5"));
  ASSERT_TRUE(child.ok());
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const StopEvent made_before;
  rlimit none = before;
  none.rlim_cur = 1;  // poll(2) refuses more descriptors than that
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  pollfd entries[2] = {{child->pidfd(), POLLIN, 0}, {made_before.fd(), POLLIN, 0}};
  EXPECT_EQ(poll(entries, 2, 0), -1);
  const Exit exit = child->WaitForEnd();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(exit.code, 5);
  EXPECT_EQ(child->WaitForEnd().code, 5) << "a second answer differs";
}

TEST(Child, MissingProgramIsNotFound) {
  Command command;
  command.program = "/no/such/program";
  EXPECT_EQ(Child::Spawn(command).status().code(), StatusCode::kNotFound);
}

TEST(Child, HasOnlyTheDescriptorsItWasGiven) {
  const UniqueFd leaked(fcntl(STDERR_FILENO, F_DUPFD, 40));  // without O_CLOEXEC
  ASSERT_TRUE(leaked.valid());
  const std::string path = "/proc/$$/fd/" + std::to_string(leaked.get());
  EXPECT_EQ(OutputOf(Shell("[ -e " + path + " ] && echo leaked >&5; echo end >&5")), "end\n");
}

TEST(Child, DescriptorsMayTradePlaces) {
  Pipe one = MakePipe();
  Pipe two = MakePipe();
  Command command = Shell("echo one >&6; echo two >&7");
  // Sources that are targets of each other, if the numbers happen to be so.
  const UniqueFd seven(fcntl(one.write.get(), F_DUPFD_CLOEXEC, 7));
  const UniqueFd other(fcntl(two.write.get(), F_DUPFD_CLOEXEC, 6));
  command.descriptors = {{seven.get(), 6}, {other.get(), 7}};
  auto child = Child::Spawn(command);
  ASSERT_TRUE(child.ok());
  EXPECT_TRUE(child->Wait(Deadline::Never())->success());
  char text[4] = {};
  EXPECT_EQ(read(one.read.get(), text, 4), 4);
  EXPECT_EQ(std::string(text, 4), "one\n");
  EXPECT_EQ(read(two.read.get(), text, 4), 4);
  EXPECT_EQ(std::string(text, 4), "two\n");
}

TEST(Child, InheritsNoEnvironment) {
  ASSERT_EQ(setenv("KUBEDIAG_TEST_SECRET", "1", 1), 0);
  EXPECT_EQ(OutputOf(Shell("echo [$KUBEDIAG_TEST_SECRET] >&5")), "[]\n");
}

TEST(Child, StartsInItsFolder) {
  Command command = Shell("pwd >&5");
  command.working_directory = "/usr";
  EXPECT_EQ(OutputOf(command), "/usr\n");
}

TEST(Child, WaitEndsWithTheDeadlineAndTheToken) {
  auto child = Child::Spawn(Shell("exec sleep 600"));
  ASSERT_TRUE(child.ok());
  EXPECT_FALSE(child->Wait(Deadline::After(std::chrono::milliseconds(1))).has_value());
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_FALSE(child->Wait(Deadline::Never(), stop.get_token()).has_value());
  EXPECT_EQ(child->End(std::chrono::seconds(60)).value().signal, SIGTERM);
}

TEST(Child, IsKilledWhenItIgnoresTerm) {
  Pipe ready = MakePipe();
  Command command = Shell("trap '' TERM; echo >&5; while :; do sleep 600; done");
  command.descriptors = {{ready.write.get(), 5}};
  auto child = Child::Spawn(command);
  ASSERT_TRUE(child.ok());
  char byte = 0;
  ASSERT_EQ(read(ready.read.get(), &byte, 1), 1);
  EXPECT_EQ(child->End(std::chrono::milliseconds(10)).value().signal, SIGKILL);
}

TEST(Child, GroupEndsWithItsLeader) {
  Pipe held = MakePipe();
  Command command = Shell("sleep 600 & exit 0");
  command.descriptors = {{held.write.get(), 5}};
  auto child = Child::Spawn(command);
  ASSERT_TRUE(child.ok());
  held.write.Reset();
  EXPECT_TRUE(child->Wait(Deadline::Never())->success());
  char byte = 0;
  EXPECT_EQ(read(held.read.get(), &byte, 1), 0) << "somebody still holds the pipe";
}

TEST(Child, IsReapedWhenItIsForgotten) {
  pid_t pid = -1;
  {
    auto child = Child::Spawn(Shell("exec sleep 600"));
    ASSERT_TRUE(child.ok());
    pid = child->pid();
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST(Child, BlockedSignalsAreNotInherited) {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  auto child = Child::Spawn(Shell("exec sleep 600"));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ASSERT_TRUE(child.ok());
  EXPECT_EQ(child->End(std::chrono::seconds(60)).value().signal, SIGTERM);
}

TEST(SpawnThread, ServesManyThreads) {
  SpawnThread spawner;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&spawner, t] {
      for (int i = 0; i < 5; ++i) {
        auto child = spawner.Spawn(Shell("exit " + std::to_string(t)));
        ASSERT_TRUE(child.ok());
        EXPECT_EQ(child->Wait(Deadline::Never())->code, t);
      }
    });
  }
}

}  // namespace
}  // namespace kubediag::process
