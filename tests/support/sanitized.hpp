#pragma once

// Whether a sanitizer watches this build: mlock does nothing there, and address space cannot be limited. gcc and clang say it each in its way.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define VAULT_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define VAULT_TEST_SANITIZED 1
#endif
#endif

#ifndef VAULT_TEST_SANITIZED
#define VAULT_TEST_SANITIZED 0
#endif
