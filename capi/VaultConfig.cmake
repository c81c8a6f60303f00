# find_package(Vault CONFIG): Vault::vault, the shared library, and Vault::vault_static.
include(${CMAKE_CURRENT_LIST_DIR}/VaultTargets.cmake)
