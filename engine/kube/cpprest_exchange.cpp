#include "engine/kube/cpprest_exchange.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "engine/core/limits.h"

namespace kubediag::kube {
namespace {

// Where the library writes a body. Nothing can be read from it.
class LendingBuffer : public Concurrency::streams::details::streambuf_state_manager<uint8_t> {
 public:
  explicit LendingBuffer(std::shared_ptr<CpprestExchange> exchange)
      : streambuf_state_manager(std::ios_base::out), exchange_(std::move(exchange)) {}

  bool can_seek() const override { return false; }
  bool has_size() const override { return false; }
  size_t buffer_size(std::ios_base::openmode) const override { return 0; }
  void set_buffer_size(size_t, std::ios_base::openmode) override {}
  size_t in_avail() const override { return 0; }
  pos_type getpos(std::ios_base::openmode) const override { return Nowhere(); }
  pos_type seekpos(pos_type, std::ios_base::openmode) override { return Nowhere(); }
  pos_type seekoff(off_type, std::ios_base::seekdir, std::ios_base::openmode) override {
    return Nowhere();
  }
  bool acquire(uint8_t*& bytes, size_t& count) override {
    bytes = nullptr;
    count = 0;
    return false;
  }
  void release(uint8_t*, size_t) override {}

 protected:
  pplx::task<int_type> _putc(uint8_t) override { return Nothing(); }
  pplx::task<size_t> _putn(const uint8_t* bytes, size_t count) override {
    return exchange_->Offer(bytes, count);
  }
  pplx::task<int_type> _bumpc() override { return Nothing(); }
  int_type _sbumpc() override { return traits::eof(); }
  pplx::task<int_type> _getc() override { return Nothing(); }
  int_type _sgetc() override { return traits::eof(); }
  pplx::task<int_type> _nextc() override { return Nothing(); }
  pplx::task<int_type> _ungetc() override { return Nothing(); }
  pplx::task<size_t> _getn(uint8_t*, size_t) override { return pplx::task_from_result<size_t>(0); }
  size_t _scopy(uint8_t*, size_t) override { return 0; }
  pplx::task<bool> _sync() override { return pplx::task_from_result(true); }
  uint8_t* _alloc(size_t) override { return nullptr; }
  void _commit(size_t) override {}

 private:
  static pos_type Nowhere() { return static_cast<pos_type>(traits::eof()); }
  static pplx::task<int_type> Nothing() { return pplx::task_from_result<int_type>(traits::eof()); }

  const std::shared_ptr<CpprestExchange> exchange_;
};

std::exception_ptr Abandoned() {
  return std::make_exception_ptr(std::runtime_error("nobody waits for the answer any more"));
}

std::optional<std::chrono::seconds> RetryAfterOf(const web::http::http_response& response) {
  const auto found = response.headers().find("Retry-After");
  if (found == response.headers().end()) return std::nullopt;
  const std::string& text = found->second;
  unsigned value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  // The other form, a date, is not what an API server sends.
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return std::chrono::seconds(value);
}

}  // namespace

CpprestExchange::Outcome CpprestExchange::Run(
    const std::shared_ptr<web::http::client::http_client>& client, web::http::http_request message,
    const Bounds& bounds, const Transport::OnBytes& on_bytes, const std::stop_token& stop) {
  const auto exchange = std::make_shared<CpprestExchange>();
  exchange->Start(client, message);
  return exchange->Await(bounds, on_bytes, stop);
}

void CpprestExchange::Start(const std::shared_ptr<web::http::client::http_client>& client,
                            web::http::http_request& message) {
  const auto self = shared_from_this();
  const Concurrency::streams::streambuf<uint8_t> buffer(std::make_shared<LendingBuffer>(self));
  message.set_response_stream(buffer.create_ostream());
  const auto never = pplx::cancellation_token::none();
  try {
    client->request(message, cancel_.get_token())
        .then(
            [self, never](const pplx::task<web::http::http_response>& arrived) {
              try {
                const web::http::http_response response = arrived.get();
                self->TakeHeaders(response);
                response.content_ready().then(
                    [self](const pplx::task<web::http::http_response>& whole) {
                      try {
                        whole.get();
                        self->End(nullptr);
                      } catch (...) {
                        self->End(std::current_exception());
                      }
                    },
                    never);
              } catch (...) {
                self->End(std::current_exception());
              }
            },
            never);
  } catch (...) {
    End(std::current_exception());
  }
}

void CpprestExchange::TakeHeaders(const web::http::http_response& response) {
  const std::lock_guard lock(mutex_);
  response_.status = response.status_code();
  response_.retry_after = RetryAfterOf(response);
  has_headers_ = true;
  changed_.notify_all();
}

void CpprestExchange::End(const std::exception_ptr& error) {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  error_ = error;
  changed_.notify_all();
}

pplx::task<size_t> CpprestExchange::Offer(const uint8_t* bytes, size_t size) {
  const std::lock_guard lock(mutex_);
  if (abandoned_) return pplx::task_from_exception<size_t>(Abandoned());
  piece_ = {bytes, size, {}};
  has_piece_ = true;
  changed_.notify_all();
  return pplx::create_task(piece_.taken);
}

CpprestExchange::Outcome CpprestExchange::Await(const Bounds& bounds,
                                                const Transport::OnBytes& on_bytes,
                                                const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  Deadline refused = Deadline::Never();  // for the whole of an answer that is no stream
  for (;;) {
    const bool has_idle = bounds.idle != Deadline::Clock::duration::max();
    const bool first_headers = !has_headers_;
    const auto silence = first_headers ? std::min(bounds.start, bounds.idle) : bounds.idle;
    const Deadline quiet = has_idle ? Deadline::After(silence) : Deadline::Never();
    const bool is_refused = has_idle && has_headers_ && response_.status != 200;
    if (is_refused && refused.IsNever()) refused = Deadline::After(bounds.start);
    const Deadline until = Deadline::Earlier(Deadline::Earlier(bounds.deadline, refused), quiet);
    // A piece may come before the continuation that takes the headers has run.
    const auto has_news = [this] { return ended_ || (has_headers_ && has_piece_); };
    const auto wakes = [&] { return has_news() || (first_headers && has_headers_ && has_idle); };
    changed_.wait_until(lock, stop, until.time(), wakes);
    Status failure;
    if (stop.stop_requested()) {
      failure = Status::Cancelled("the request was cancelled");
    } else if (bounds.deadline.Passed() || refused.Passed()) {
      failure = Status::DeadlineExceeded("no whole answer in time");
    } else if (has_headers_ && has_piece_) {
      has_piece_ = false;
      const Piece piece = piece_;
      lock.unlock();
      failure = TakePiece(piece, bounds, on_bytes);
      if (failure.ok()) piece.taken.set(piece.size);
      if (!failure.ok()) piece.taken.set_exception(Abandoned());
      lock.lock();
    } else if (ended_) {
      break;
    } else if (quiet.Passed()) {
      const auto quiet_for = std::chrono::duration_cast<milliseconds>(silence);
      failure = Status::DeadlineExceeded("the server has said nothing for " +
                                         std::to_string(quiet_for.count()) + " ms");
    }
    if (!failure.ok()) {
      lock.unlock();
      Abandon();
      return {failure, true, 0};
    }
  }
  if (error_ == nullptr) return {std::move(response_), false, 0};
  try {
    std::rethrow_exception(error_);
  } catch (const web::http::http_exception& error) {
    return {Status::Unavailable(error.what()), true, error.error_code().value()};
  } catch (const std::exception& error) {
    return {Status::Unavailable(error.what()), true, 0};
  }
}

Status CpprestExchange::TakePiece(const Piece& piece, const Bounds& bounds,
                                  const Transport::OnBytes& on_bytes) {
  const std::string_view bytes(reinterpret_cast<const char*>(piece.bytes), piece.size);
  if (on_bytes && response_.status == 200) return on_bytes(bytes);
  const size_t most = on_bytes ? std::min(bounds.max_body, kMaxRefusalBytes) : bounds.max_body;
  if (bytes.size() > most - response_.body.size()) {
    return Status::ResourceExhausted("the answer is larger than " + std::to_string(most) +
                                     " bytes");
  }
  response_.body.append(bytes);
  return Status::Ok();
}

void CpprestExchange::Abandon() {
  {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
    if (has_piece_) {
      has_piece_ = false;
      piece_.taken.set_exception(Abandoned());
    }
  }
  cancel_.cancel();
  // What is not done by then (a name that does not resolve) ends by itself and is heard by nobody.
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kApiCancelGrace, [this] { return ended_; });
}

}  // namespace kubediag::kube
