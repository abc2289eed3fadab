class Oap < Formula
  desc "Small windowed frame protocol: C library and C++ headers"
  homepage "https://oap.example"
  url "@URL@"
  sha256 "@SHA256@"
  license any_of: ["MIT", "Apache-2.0"]

  depends_on "rust" => :build

  def install
    ENV["PREFIX"] = prefix.to_s
    ENV["BUILT"] = "target/dist/release"
    system "oap-ffi/build"
    system "tools/install"
  end

  test do
    (testpath/"test.c").write <<~C
      #include <oap.h>
      #include <stdio.h>

      int main(void) { return puts(oap_version()) < 0; }
    C
    system ENV.cc, "test.c", "-I#{include}", "-L#{lib}", "-Wl,-rpath,#{lib}", "-loap", "-o", "test"
    assert_equal version.to_s, shell_output("./test").strip
  end
end
