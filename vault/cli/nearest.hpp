#pragma once

#include <span>
#include <string>
#include <string_view>

namespace vault::cli {

// The name that somebody who typed `word` most likely meant; empty where none is near.
std::string nearest(std::string_view word, std::span<const std::string_view> names);

}  // namespace vault::cli
