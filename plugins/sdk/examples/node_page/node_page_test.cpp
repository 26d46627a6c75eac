#undef NDEBUG
#include <kubediag/fake_host.h>

#include <cassert>
#include <string>

namespace {

// The whole answer to one request to the server at `base_url`.
std::string Get(const std::string& base_url, const std::string& path) {
  const size_t colon = base_url.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(std::stoi(base_url.substr(colon + 1))));
  const int connection = socket(AF_INET, SOCK_STREAM, 0);
  assert(connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  assert(send(connection, request.data(), request.size(), MSG_NOSIGNAL) > 0);
  std::string answer;
  char buffer[4096];
  for (ssize_t count; (count = recv(connection, buffer, sizeof(buffer), 0)) > 0;) {
    answer.append(buffer, static_cast<size_t>(count));
  }
  close(connection);
  return answer;
}

std::string PathOf(const std::string& url) { return url.substr(url.find('/', 7)); }

void ServesAtItsSecretPathOnly() {
  kubediag::FakeHost host;
  host.Parameter("node_page.expiration_seconds", "3600");
  host.Start("node-page");
  assert(host.WaitUntilServing());
  const std::string page = Get(host.base_url(), PathOf(host.base_url()));
  assert(page.rfind("HTTP/1.1 200 OK\r\n", 0) == 0);
  assert(page.find("MemTotal:") != std::string::npos);
  assert(Get(host.base_url(), "/").rfind("HTTP/1.1 404 ", 0) == 0);

  const kubediag::FakeRun run = host.Finish();
  assert(run.ok());
  assert(run.results.at("node_page.endpoint") ==
         "Visit " + host.base_url() + ", this server will expire in 3600 seconds.");
  assert(run.linger > std::chrono::seconds(3590) && run.linger <= std::chrono::seconds(3600));
}

void ComesBackForTheRestOfItsTime() {
  kubediag::FakeHost host;
  host.Parameter("node_page.expiration_seconds", "3600");
  host.Start("node-page");
  assert(host.WaitUntilServing());
  const std::string state = host.Finish().state;

  host.Start("node-page", state);
  assert(host.WaitUntilServing());
  assert(Get(host.base_url(), PathOf(host.base_url())).find("200 OK") != std::string::npos);
  const kubediag::FakeRun restored = host.Finish();
  assert(restored.ok() && restored.state == state);
  assert(restored.linger <= std::chrono::seconds(3600));
}

void EndsAtItsExpiry() {
  kubediag::FakeHost host;
  host.Parameter("node_page.expiration_seconds", "1");
  const kubediag::FakeRun run = host.Run("node-page");
  assert(run.ok() && run.completed);

  host.Start("node-page", "1000000000");  // expired in 2001
  assert(!host.WaitUntilServing());
  assert(host.Wait().ok());
}

}  // namespace

int main() {
  ServesAtItsSecretPathOnly();
  ComesBackForTheRestOfItsTime();
  EndsAtItsExpiry();
}
