# Always optimized: a program in debug takes the same one.
set(VCPKG_BUILD_TYPE release)

find_program(CARGO cargo)
if(NOT CARGO)
    message(FATAL_ERROR "oap is built by cargo: install Rust 1.80 or later")
endif()

vcpkg_download_distfile(ARCHIVE
    URLS "@URL@"
    FILENAME "oap-${VERSION}-source.tar.gz"
    SHA512 @SHA512@
)
vcpkg_extract_source_archive(SOURCE_PATH ARCHIVE "${ARCHIVE}")

vcpkg_execute_required_process(
    COMMAND "${SOURCE_PATH}/oap-ffi/build"
    WORKING_DIRECTORY "${SOURCE_PATH}"
    LOGNAME "build-${TARGET_TRIPLET}"
)
vcpkg_execute_required_process(
    COMMAND "${CMAKE_COMMAND}" -E env "PREFIX=${CURRENT_PACKAGES_DIR}" "BUILT=target/dist/release" "${SOURCE_PATH}/tools/install"
    WORKING_DIRECTORY "${SOURCE_PATH}"
    LOGNAME "install-${TARGET_TRIPLET}"
)

vcpkg_cmake_config_fixup(PACKAGE_NAME oap CONFIG_PATH lib/cmake/oap)
# The libraries are found from the folder of the configuration, which has moved.
vcpkg_replace_string("${CURRENT_PACKAGES_DIR}/share/oap/oapConfig.cmake" [[/../.."]] [[/../../lib"]])
vcpkg_fixup_pkgconfig()

file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE-MIT" "${SOURCE_PATH}/LICENSE-APACHE")
