#pragma once

#include <string_view>

namespace vault::cli {

// Shows the manual page of a verb ("slot add": vault-slot-add, else vault-slot) by man(1). False where there is no man, no such page,
// or no terminal to show it on.
bool show_manual(std::string_view verb);

}  // namespace vault::cli
