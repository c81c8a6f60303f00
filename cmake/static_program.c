/* The statically linked program loads no code and resolves no names. libsqlcipher and libcrypto mention these functions
 * without need; glibc's own would want its shared objects at run time, and the linker would warn of that. Linked with
 * --wrap, which puts these in place of those. */
#include <dlfcn.h>
#include <netdb.h>
#include <stddef.h>

void *__wrap_dlopen(const char *file, int mode) {
  (void)file, (void)mode;
  return NULL;
}

int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
  (void)name, (void)service, (void)hints, (void)found;
  return EAI_FAIL;
}

void __wrap_freeaddrinfo(struct addrinfo *list) { (void)list; }

struct hostent *__wrap_gethostbyname(const char *name) {
  (void)name;
  return NULL;
}
