// Teams, and what happened to the vault.

#include "capi/handles.hpp"

using namespace vault::capi;

static_assert(static_cast<int>(vault::CommitKind::change) == VAULT_COMMIT_CHANGE);
static_assert(static_cast<int>(vault::CommitKind::rollback) == VAULT_COMMIT_ROLLBACK);
static_assert(static_cast<int>(vault::CommitKind::epoch) == VAULT_COMMIT_EPOCH);
static_assert(static_cast<int>(vault::CommitKind::clone) == VAULT_COMMIT_CLONE);

extern "C" {

vault_code vault_teams(const vault_handle* vault, vault_list** teams) {
  clear(teams);
  return on(vault, [&](vault::Vault& open) -> vault::Status {
    if (auto fine = required(teams, "teams"); !fine) return fine;
    return give_list<TeamItem>(teams, open.teams(), [](vault::TeamView view) {
      std::string id = vault::to_hex(view.id.bytes);
      return TeamItem{std::move(view), std::move(id)};
    });
  });
}

vault_code vault_list_team(const vault_list* teams, size_t index, vault_team_info* info) {
  return guard([&]() -> vault::Status {
    auto item = item_at<TeamItem>(teams, index, "team");
    if (!item) return item.error();
    const vault::TeamView& view = (*item)->view;
    vault_team_info out = VAULT_TEAM_INFO_INIT;
    out.id = (*item)->id.c_str();
    out.name = view.name.c_str();
    out.created_at = to_seconds(view.created);
    out.generation = view.generation;
    out.entries = view.entries;
    out.member_count = view.members.size();
    return fill(info, out);
  });
}

vault_code vault_list_team_member(const vault_list* teams, size_t index, size_t member, const char** name) {
  clear(name);
  return guard([&]() -> vault::Status {
    if (auto fine = required(name, "name"); !fine) return fine;
    auto item = item_at<TeamItem>(teams, index, "team");
    if (!item) return item.error();
    if (member >= (*item)->view.members.size()) return no_such("member");
    *name = (*item)->view.members[member].c_str();
    return {};
  });
}

vault_code vault_log(const vault_handle* vault, const vault_log_options* given, vault_list** commits) {
  clear(commits);
  return on(vault, [&](vault::Vault& open) -> vault::Status {
    if (auto fine = required(commits, "commits"); !fine) return fine;
    auto options = options_of(given);
    if (!options) return options.error();
    vault::LogOptions wanted;
    wanted.limit = options->limit;
    if (options->label != nullptr) {
      auto label = vault::Label::parse(options->label);
      if (!label) return label.error();
      wanted.label = std::move(*label);
    }
    return give_list<CommitItem>(commits, open.log(wanted), [](vault::CommitView view) {
      std::string hash = vault::to_hex(view.hash);
      return CommitItem{std::move(view), std::move(hash)};
    });
  });
}

vault_code vault_list_commit(const vault_list* commits, size_t index, vault_commit_info* info) {
  return guard([&]() -> vault::Status {
    auto item = item_at<CommitItem>(commits, index, "commit");
    if (!item) return item.error();
    const vault::CommitView& view = (*item)->view;
    vault_commit_info out = VAULT_COMMIT_INFO_INIT;
    out.sequence = view.sequence;
    out.time = to_seconds(view.time);
    out.operation = view.operation.c_str();
    out.identity = view.identity.c_str();
    out.hash = (*item)->hash.c_str();
    out.kind = static_cast<std::uint32_t>(view.kind);
    out.epoch = view.epoch;
    out.gave_up = view.gave_up.value_or(0);
    out.touched_count = view.touched.size();
    return fill(info, out);
  });
}

vault_code vault_list_touched(const vault_list* commits, size_t index, size_t touched, vault_touched_info* info) {
  return guard([&]() -> vault::Status {
    auto item = item_at<CommitItem>(commits, index, "commit");
    if (!item) return item.error();
    if (touched >= (*item)->view.touched.size()) return no_such("record that it touched");
    const vault::CommitView::Touched& view = (*item)->view.touched[touched];
    vault_touched_info out = VAULT_TOUCHED_INFO_INIT;
    out.what = vault::name(view.what).data();  // literals, so they end with zero
    out.kind = vault::name(view.kind).data();
    out.name = view.name.c_str();
    return fill(info, out);
  });
}

}  // extern "C"
