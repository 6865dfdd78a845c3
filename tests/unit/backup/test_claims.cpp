/// Whose archives are whose, on the target itself.

#include "backup/claims.hpp"
#include "sample.hpp"

using namespace guardian;
using namespace guardian::backup;
using namespace guardian::test;

namespace {

const std::string ours(64, 'a'), theirs(64, 'b');

const Claim own{ours, "john", "machine-1", ""};

core::PlanSpec plan_in(const std::string& repository, const std::string& name) {
    auto p = plan(name);
    p.repository = repository;
    return p;
}

Fd open_folder(const Folder& folder) {
    Fd fd{::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    REQUIRE(fd.valid());
    return fd;
}

std::string refusal(const Fd& fd, const std::string& repository, const std::string& plan) {
    const auto done = prove_claim(fd, plan_in(repository, plan), own);
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
    claims[{"a/b", "system"}] = {ours, "john", "machine-1", "2026"};
    for (const auto* plan : {"photos", "home"}) {
        claims[{"a/b", plan}] = {theirs, "lap\"top", "machine-2", "2025"};
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
    REQUIRE(write_claims(fd, {{{"repo", "system"}, {ours, "john", "machine-1", ""}},
                              {{"repo", "photos"}, {theirs, "their\x1b[1mhost", "machine-2", "2025"}}}));
    CHECK(prove_claim(fd, plan_in("repo", "system"), own));
    CHECK_FALSE(prove_claim(fd, plan_in("repo2", "system"), own));
    const auto said = refusal(fd, "repo", "photos");
    CHECK(said.find("host") != std::string::npos);
    CHECK(said.find('\x1b') == std::string::npos);
    CHECK(said.find("--take-over") != std::string::npos);
}

TEST_CASE("a copied state folder does not make another machine the owner") {
    const Folder folder;
    const auto fd = open_folder(folder);
    REQUIRE(write_claims(fd, {{{"repo", "system"}, {ours, "john", "machine-1", "2026"}}}));
    for (const auto& other : {Claim{ours, "john", "machine-2", ""}, Claim{ours, "jane", "machine-1", ""}}) {
        const auto done = prove_claim(fd, plan_in("repo", "system"), other);
        REQUIRE_FALSE(done);
        CHECK(done.error().text().find("a copy of its state") != std::string::npos);
        CHECK(done.error().text().find("--take-over") != std::string::npos);
    }
    CHECK(prove_claim(fd, plan_in("repo", "system"), own));
}

TEST_CASE("claims that cannot be understood prove nothing") {
    const Folder folder;
    const auto fd = open_folder(folder);
    for (const auto* text : {"", "[]", "{}", "{\"series\": 5}", "{\"series\": {\"repo\": []}}",
                             "{\"series\": {\"repo\": {\"system\": \"x\"}}}", "\xff\xfe"}) {
        INFO(text);
        folder.write(claims_name, text);
        CHECK_FALSE(prove_claim(fd, plan_in("repo", "system"), own));
        CHECK_FALSE(read_claims(fd));
    }
    folder.write(claims_name, "{\"series\": {\"repo\": {\"system\": {\"owner\": 5}}}}");
    CHECK_FALSE(prove_claim(fd, plan_in("repo", "system"), own));
}
