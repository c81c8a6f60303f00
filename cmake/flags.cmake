# Warnings, hardening, sanitizers and speed of the build, for every target.

include_directories(${PROJECT_SOURCE_DIR})
add_compile_definitions(VAULT_VERSION="${PROJECT_VERSION}")

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wimplicit-fallthrough -Wswitch
  "$<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor;-Wold-style-cast;-Woverloaded-virtual>")
if(VAULT_WERROR)
  add_compile_options(-Werror)
endif()

add_compile_options(-fstack-protector-strong)
add_link_options(-Wl,-z,relro,-z,now)
add_compile_definitions($<$<COMPILE_LANGUAGE:CXX>:_GLIBCXX_ASSERTIONS>)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
  add_compile_options(-fcf-protection -fstack-clash-protection)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  add_compile_options(-mbranch-protection=standard)
endif()

if(VAULT_SANITIZE)
  add_compile_options(-fsanitize=${VAULT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${VAULT_SANITIZE})
else()  # _FORTIFY_SOURCE needs an optimised build, and hides errors from the sanitizers
  add_compile_options($<$<CONFIG:Release>:-U_FORTIFY_SOURCE> $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
endif()

# What goes into libvault.a: GNU's unique symbols cannot be made local there (capi/CMakeLists.txt).
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  set(without_unique_symbols -fno-gnu-unique)
endif()

# Targets that hold the product's own code set CMAKE_CXX_CLANG_TIDY to this before they are made.
if(VAULT_TIDY)
  find_program(CLANG_TIDY clang-tidy REQUIRED)
  set(tidy ${CLANG_TIDY} --quiet)
endif()

find_program(CCACHE ccache)
mark_as_advanced(CCACHE)
if(CCACHE)
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 ${CCACHE})  # so that several clones share what is compiled
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()
