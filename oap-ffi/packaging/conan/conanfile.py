import re
import shutil
from pathlib import Path

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import cross_building
from conan.tools.files import copy, get, rm, rmdir

required_conan_version = ">=2.0"


class OapConan(ConanFile):
    name = "oap"
    version = "@VERSION@"
    description = "OAP/1, a small windowed frame protocol: liboap, its C and C++ headers"
    license = "MIT OR Apache-2.0"
    topics = ("protocol", "codec", "framing", "sans-io")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False]}
    default_options = {"shared": False}

    def configure(self):
        self.settings.rm_safe("compiler.cppstd")
        self.settings.rm_safe("compiler.libcxx")

    def package_id(self):
        # A C ABI, always built by Rust and optimized.
        del self.info.settings.compiler
        del self.info.settings.build_type

    def validate(self):
        if self.settings.os not in ("Linux", "Macos"):
            raise ConanInvalidConfiguration(f"liboap is not built by this recipe for {self.settings.os}: take its archive of the release")

    def validate_build(self):
        if cross_building(self):
            raise ConanInvalidConfiguration("liboap is not cross-built by this recipe")
        if not shutil.which("cargo"):
            raise ConanInvalidConfiguration("liboap is built by cargo: install Rust 1.80 or later")

    def source(self):
        get(self, **self.conan_data["sources"][self.version], strip_root=True)

    def build(self):
        self.run("oap-ffi/build")

    def package(self):
        self.run(f'PREFIX="{self.package_folder}" BUILT=target/dist/release tools/install')
        copy(self, "LICENSE-*", self.build_folder, Path(self.package_folder, "licenses"))
        # Conan's generators describe the package.
        rmdir(self, Path(self.package_folder, "lib", "cmake"))
        unwanted = "liboap.a" if self.options.shared else "liboap*.so*" if self.settings.os == "Linux" else "liboap*.dylib"
        rm(self, unwanted, Path(self.package_folder, "lib"))

    def package_info(self):
        self.cpp_info.libs = ["oap"]
        self.cpp_info.set_property("cmake_file_name", "oap")
        self.cpp_info.set_property("cmake_target_name", "oap::oap")
        self.cpp_info.set_property("pkg_config_name", "oap")
        if not self.options.shared:
            described = Path(self.package_folder, "lib", "pkgconfig", "oap.pc").read_text()
            self.cpp_info.system_libs = re.findall(r"-l(\S+)", re.search(r"^Libs.private:.*$", described, re.M)[0])
