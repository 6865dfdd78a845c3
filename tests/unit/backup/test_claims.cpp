/// Whose archives are whose, on the target itself.

#include "backup/claims.hpp"
#include "sample.hpp"

using namespace guardian;
using namespace guardian::backup;
using namespace guardian::test;

namespace {

const std::string ours(64, 'a'), theirs(64, 'b');

Fd open_folder(const Folder& folder) {
    Fd fd{::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    REQUIRE(fd.valid());
    return fd;
}

std::string refusal(const Fd& fd, const std::string& repository, const std::string& plan) {
    const auto done = prove_claim(fd, repository, plan, ours);
    REQUIRE_FALSE(done);
    CHECK(done.error().code == ErrorCode::refused);
    return done.error().text();
}

}  // namespace

TEST_CASE("claims come back as they were written, again and again, for their owner alone") {
    const Folder folder;
    const auto fd = open_folder(folder);
    CHECK(read_claims(fd)->empty());
    Claims claims;
    claims[{"a/b", "system"}] = {ours, "john", "2026"};
    for (const auto* plan : {"photos", "home"}) {
        claims[{"a/b", plan}] = {theirs, "lap\"top", "2025"};
        REQUIRE(write_claims(fd, claims));
        const auto read = read_claims(fd);
        REQUIRE(read);
        CHECK(read->size() == claims.size());
        CHECK(read->at({"a/b", plan}).host == "lap\"top");
        CHECK(read->at({"a/b", "system"}).owner == ours);
    }
    CHECK(folder.names() == std::set<std::string>{claims_name});
    struct stat st {};
    REQUIRE(::stat((folder / claims_name).c_str(), &st) == 0);
    CHECK((st.st_mode & 0777) == 0600);
}

TEST_CASE("only the owner's own series is proven") {
    const Folder folder;
    const auto fd = open_folder(folder);
    CHECK(refusal(fd, "repo", "system").find("guardian init") != std::string::npos);
    REQUIRE(write_claims(fd, {{{"repo", "system"}, {ours, "john", ""}},
                              {{"repo", "photos"}, {theirs, "their\x1b[1mhost", "2025"}}}));
    CHECK(prove_claim(fd, "repo", "system", ours));
    CHECK_FALSE(prove_claim(fd, "repo2", "system", ours));
    const auto said = refusal(fd, "repo", "photos");
    CHECK(said.find("host") != std::string::npos);
    CHECK(said.find('\x1b') == std::string::npos);
    CHECK(said.find("--take-over") != std::string::npos);
}

TEST_CASE("claims that cannot be understood prove nothing") {
    const Folder folder;
    const auto fd = open_folder(folder);
    for (const auto* text : {"", "[]", "{}", "{\"series\": 5}", "{\"series\": {\"repo\": []}}",
                             "{\"series\": {\"repo\": {\"system\": \"x\"}}}", "\xff\xfe"}) {
        INFO(text);
        folder.write(claims_name, text);
        CHECK_FALSE(prove_claim(fd, "repo", "system", ours));
        CHECK_FALSE(read_claims(fd));
    }
    folder.write(claims_name, "{\"series\": {\"repo\": {\"system\": {\"owner\": 5}}}}");
    CHECK_FALSE(prove_claim(fd, "repo", "system", ours));
}
