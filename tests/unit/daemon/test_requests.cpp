#include "daemon/requests.hpp"
#include "support/catch.hpp"
#include "support/result.hpp"

using namespace guardian;
using daemon::Operation;
using daemon::parse_request;
using daemon::Peer;

namespace {

const Peer root{1, true, false};
const Peer member{1, false, true};
const Peer stranger{1, false, false};

ErrorCode refused(const std::string& line, const Peer& peer) {
    const auto request = parse_request(line, peer);
    REQUIRE(!request);
    return request.error().code;
}

}  // namespace

TEST_CASE("root may ask for everything", "[requests]") {
    CHECK(parse_request(R"({"op":"ping"})", root)->operation == Operation::ping);
    CHECK(parse_request(R"({"op":"status"})", root)->operation == Operation::status);
    CHECK(parse_request(R"({"op":"reload"})", root)->operation == Operation::reload);
    const auto run = parse_request(R"({"op":"run","plan":"system-usb"})", root);
    REQUIRE(run);
    CHECK(run->operation == Operation::run);
    CHECK(run->name == "system-usb");
    CHECK(parse_request(R"({"op":"eject","target":"usb"})", root)->name == "usb");
    CHECK(parse_request(R"({"op":"initialised","target":"usb"})", root)->operation == Operation::initialised);
    const auto started = parse_request(R"({"op":"run-started","plan":"p","run":42})", root);
    REQUIRE(started);
    CHECK(started->run == 42);
}

TEST_CASE("a drive that is forgotten may have a long id", "[requests]") {
    const auto forgotten = [](std::size_t bytes) {
        return R"({"op":"drive-forgotten","drive":")" + std::string(bytes, 'x') + R"("})";
    };
    const auto request = parse_request(forgotten(500), root);
    REQUIRE(request);
    CHECK(request->operation == Operation::drive_forgotten);
    CHECK(request->name.size() == 500);
    CHECK(refused(forgotten(2001), root) == ErrorCode::usage);
    CHECK(refused(forgotten(1), member) == ErrorCode::denied);
}

TEST_CASE("what a look could not keep is told whole, or not at all", "[requests]") {
    const auto told = [](std::size_t bytes) {
        return R"({"op":"health-told","subject":"usb","text":")" + std::string(bytes, 'x') + R"("})";
    };
    const auto request = parse_request(told(30'000), root);
    REQUIRE(request);
    CHECK(request->operation == Operation::health_told);
    CHECK(request->name == "usb");
    CHECK(request->text.size() == 30'000);
    CHECK(parse_request(told(0), root)->text.empty());
    CHECK(refused(told(30'001), root) == ErrorCode::usage);
    CHECK(refused(told(1), member) == ErrorCode::denied);
}

TEST_CASE("a member of the group may look, and nothing else", "[requests]") {
    CHECK(parse_request(R"({"op":"ping"})", member));
    CHECK(parse_request(R"({"op":"status"})", member));
    for (const auto* line :
         {R"({"op":"reload"})", R"({"op":"run","plan":"p"})", R"({"op":"eject","target":"t"})",
          R"({"op":"run-started","plan":"p","run":1})", R"({"op":"initialised","target":"t"})"})
        CHECK(refused(line, member) == ErrorCode::denied);
}

TEST_CASE("anyone else may not even ping", "[requests]") {
    CHECK(refused(R"({"op":"ping"})", stranger) == ErrorCode::denied);
    CHECK(refused(R"({"op":"status"})", stranger) == ErrorCode::denied);
    CHECK(refused("nonsense", stranger) == ErrorCode::denied);
}

TEST_CASE("what is not a request is refused with a reason", "[requests]") {
    for (const auto* line :
         {"", "{", "[]", "null", "42", "{}", R"({"op":5})", R"({"op":"fly"})", R"({"op":"run"})",
          R"({"op":"run","plan":7})", R"({"op":"run-started","plan":"p"})",
          R"({"op":"run-started","plan":"p","run":-1})", R"({"op":"run-started","plan":"p","run":"1"})",
          R"({"op":"ping"} trailing)", "{\"op\":\"ping\"\xff}", R"({"op":[[[[[[[[[["deep"]]]]]]]]]]})"})
        CHECK(refused(line, root) == ErrorCode::usage);
    CHECK(refused(R"({"op":"run","plan":")" + std::string(101, 'x') + "\"}", root) == ErrorCode::usage);
}

TEST_CASE("an answer is one line of JSON, whatever is in it", "[requests]") {
    const auto answer = daemon::refusal_answer({ErrorCode::busy, "a\nb", "\x1b[31m", "\xff"});
    CHECK(answer.find('\n') == std::string::npos);
    CHECK(answer.find('\x1b') == std::string::npos);
    CHECK(answer.find(R"("ok":false)") != std::string::npos);
    CHECK(answer.find(R"("code":"busy")") != std::string::npos);
    CHECK(daemon::done_answer("x\ny").find('\n') == std::string::npos);
}
