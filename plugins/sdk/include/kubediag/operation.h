// The C++17 face of an operation module. Derive from Operation, declare, run, write one macro:
//
//   class Hello : public kubediag::Operation {
//    public:
//     static kubediag::Declaration Declare() {
//       return kubediag::Declaration("hello").Version("1.0").Add(
//           kubediag::Parameter::Text("hello.name").Default("world"));
//     }
//     kubediag::Outcome Run(kubediag::Job& job) override {
//       job.Emit("hello.greeting", "Hello, " + std::string(job.parameters().Text("hello.name")));
//       return kubediag::Outcome::Success();
//     }
//   };
//   KUBEDIAG_OPERATION(Hello)
//
// Each run gets an object of its own, made without arguments. Nothing thrown leaves the module: a
// Failure fails the run with its reason, anything else with reason "OperationThrew".
#pragma once

#include <cxxabi.h>
#include <kubediag/abi.h>
#include <kubediag/declaration.h>
#include <kubediag/job.h>
#include <kubediag/outcome.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace kubediag {

class Operation {
 public:
  virtual ~Operation() = default;

  virtual Outcome Run(Job& job) = 0;

  // For operations that declare ServesHttp(): serves again what an earlier run completed, from
  // job.state() on job.listen_socket(), and calls job.Complete() once it does. Left alone, a run
  // that was serving is not brought back after the engine restarts.
  virtual Outcome Restore(Job& job);
};

inline Outcome Operation::Restore(Job& /*job*/) {
  return Failure("NotRestorable", "the operation has no Restore()", KUBEDIAG_UNIMPLEMENTED);
}

namespace sdk {

inline kubediag_code Fail(const kubediag_host& host, std::string_view reason,
                          std::string_view message, kubediag_code code) {
  host.fail(host.context, View(reason), View(message));
  return code == KUBEDIAG_OK ? KUBEDIAG_INTERNAL : code;
}

// Allocates nothing once something was thrown: it may have been std::bad_alloc.
template <typename T, Outcome (Operation::*kMethod)(Job&)>
kubediag_code Guarded(const kubediag_host& host, const kubediag_job& job) {
  try {
    T operation;
    Job typed_job(host, job);
    const Outcome outcome = (static_cast<Operation&>(operation).*kMethod)(typed_job);
    if (outcome.ok()) return KUBEDIAG_OK;
    const Failure& failure = outcome.failure();
    return Fail(host, failure.reason(), failure.message(), failure.code());
  } catch (const Failure& failure) {
    return Fail(host, failure.reason(), failure.message(), failure.code());
  } catch (const std::exception& exception) {
    return Fail(host, "OperationThrew", exception.what(), KUBEDIAG_INTERNAL);
#ifdef __GLIBCXX__
  } catch (const abi::__forced_unwind&) {
    throw;  // a thread being cancelled may not be stopped here, or the C library aborts
#endif
  } catch (...) {
    return Fail(host, "OperationThrew", "something that is no std::exception", KUBEDIAG_INTERNAL);
  }
}

template <typename T, Outcome (Operation::*kMethod)(Job&)>
kubediag_code EntryPoint(const kubediag_host* host, const kubediag_job* job) noexcept {
  return Guarded<T, kMethod>(*host, *job);
}

// The C form of a Declaration. Points into itself, so it is neither copied nor moved.
class Descriptor {
 public:
  using Function = kubediag_code (*)(const kubediag_host*, const kubediag_job*);

  Descriptor(Declaration declaration, Function run, Function restore)
      : declaration_(std::move(declaration)) {
    for (const Parameter& parameter : declaration_.parameters()) AddParameter(parameter);
    for (const Secret& secret : declaration_.secrets()) AddSecret(secret);
    for (const auto& parameter : parameters_) parameter_pointers_.push_back(&parameter->c);
    for (const auto& secret : secrets_) secret_pointers_.push_back(&secret->c);
    c_.struct_size = sizeof(c_);
    c_.required_features = declaration_.required_features();
    c_.optional_features = declaration_.optional_features();
    c_.default_timeout = declaration_.timeout();
    c_.name = View(declaration_.name());
    c_.version = View(declaration_.version());
    c_.doc = View(declaration_.doc());
    c_.artifact_folder = View(declaration_.artifact_folder());
    c_.parameters = parameter_pointers_.data();
    c_.parameter_count = parameter_pointers_.size();
    c_.secrets = secret_pointers_.data();
    c_.secret_count = secret_pointers_.size();
    c_.run = run;
    c_.restore = restore;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  const kubediag_operation* c() const { return &c_; }
  // Lowest minor version that heeds all that is declared: an operation may rely on its ranges.
  uint32_t needed_minor() const { return needed_minor_; }

 private:
  static constexpr uint32_t kFlagsOfMinor1 =
      KUBEDIAG_PARAMETER_HAS_MINIMUM | KUBEDIAG_PARAMETER_HAS_MAXIMUM | KUBEDIAG_PARAMETER_BASE_URL;

  template <typename Table>
  struct WithTexts {
    Table c{};
    std::vector<kubediag_string> texts;
  };

  void AddParameter(const Parameter& parameter) {
    auto& item = *parameters_.emplace_back(std::make_unique<WithTexts<kubediag_parameter>>());
    for (const std::string& choice : parameter.choices()) item.texts.push_back(View(choice));
    item.c.struct_size = sizeof(item.c);
    item.c.flags = parameter.flags();
    item.c.kind = parameter.kind();
    item.c.key = View(parameter.key());
    if (parameter.default_value()) item.c.default_value = View(*parameter.default_value());
    item.c.doc = View(parameter.doc());
    item.c.violation = View(parameter.violation());
    item.c.choices = item.texts.data();
    item.c.choice_count = item.texts.size();
    item.c.minimum = parameter.minimum();
    item.c.maximum = parameter.maximum();
    if ((parameter.flags() & kFlagsOfMinor1) != 0) needed_minor_ = 1;
  }
  void AddSecret(const Secret& secret) {
    auto& item = *secrets_.emplace_back(std::make_unique<WithTexts<kubediag_secret>>());
    for (const std::string& data_key : secret.data_keys) item.texts.push_back(View(data_key));
    item.c.struct_size = sizeof(item.c);
    item.c.namespace_parameter = View(secret.namespace_parameter);
    item.c.name_parameter = View(secret.name_parameter);
    item.c.data_keys = item.texts.data();
    item.c.data_key_count = item.texts.size();
    item.c.https_parameter = View(secret.https_parameter);
    item.c.violation = View(secret.violation);
    if (!secret.https_parameter.empty()) needed_minor_ = 1;
  }

  const Declaration declaration_;
  std::vector<std::unique_ptr<WithTexts<kubediag_parameter>>> parameters_;
  std::vector<std::unique_ptr<WithTexts<kubediag_secret>>> secrets_;
  std::vector<const kubediag_parameter*> parameter_pointers_;
  std::vector<const kubediag_secret*> secret_pointers_;
  uint32_t needed_minor_ = 0;
  kubediag_operation c_{};
};

template <typename T, typename = void>
struct HasDeclaration : std::false_type {};
template <typename T>
struct HasDeclaration<T, std::void_t<decltype(T::Declare())>>
    : std::is_convertible<decltype(T::Declare()), Declaration> {};

template <typename T>
std::unique_ptr<Descriptor> Describe() {
  static_assert(std::is_convertible_v<T*, Operation*>,
                "an operation must derive publicly from kubediag::Operation");
  static_assert(!std::is_abstract_v<T>,
                "an operation must implement kubediag::Outcome Run(kubediag::Job&) override");
  static_assert(std::is_default_constructible_v<T>,
                "an operation must be constructible without arguments: parameters come with Run()");
  static_assert(HasDeclaration<T>::value,
                "an operation needs a public static kubediag::Declaration Declare()");
  constexpr bool kRestores = !std::is_same_v<decltype(&T::Restore), decltype(&Operation::Restore)>;
  return std::make_unique<Descriptor>(T::Declare(), &EntryPoint<T, &Operation::Run>,
                                      kRestores ? &EntryPoint<T, &Operation::Restore> : nullptr);
}

// Lowest minor version of the interface this header needs, whatever is declared.
inline constexpr uint32_t kNeededMinor = 0;

template <typename... T>
class Module {
 public:
  Module() {
    (descriptors_.push_back(Describe<T>()), ...);
    c_.abi_minor = kNeededMinor;
    for (const auto& descriptor : descriptors_) {
      operations_.push_back(descriptor->c());
      c_.abi_minor = std::max(c_.abi_minor, descriptor->needed_minor());
    }
    c_.struct_size = sizeof(c_);
    c_.abi_major = KUBEDIAG_ABI_MAJOR;
    c_.operations = operations_.data();
    c_.operation_count = operations_.size();
  }
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  static const kubediag_module* Get(uint32_t host_major, uint32_t host_minor) noexcept {
    if (host_major != KUBEDIAG_ABI_MAJOR || host_minor < kNeededMinor) return nullptr;
    try {
      static const auto* const module =
          new Module;  // lives as long as the process, threads included
      return &module->c_;
    } catch (const std::exception& exception) {
      std::fprintf(stderr, "Declare() threw: %s\n", exception.what());
      return nullptr;
    } catch (...) {
      std::fputs("Declare() threw something that is no std::exception\n", stderr);
      return nullptr;
    }
  }

 private:
  std::vector<std::unique_ptr<Descriptor>> descriptors_;
  std::vector<const kubediag_operation*> operations_;
  kubediag_module c_{};
};

}  // namespace sdk
}  // namespace kubediag

// Makes this shared object a module with the operations named. Once a module, at global scope, with
// or without a semicolon.
#define KUBEDIAG_OPERATIONS(...)                                                  \
  extern "C" KUBEDIAG_EXPORT const kubediag_module* kubediag_operation_module_v1( \
      uint32_t host_major, uint32_t host_minor) {                                 \
    return ::kubediag::sdk::Module<__VA_ARGS__>::Get(host_major, host_minor);     \
  }
#define KUBEDIAG_OPERATION(Class) KUBEDIAG_OPERATIONS(Class)
