# Runs a formula without Homebrew: `ruby formula.rb FORMULA SCRATCH` takes its address, compares the checksum, runs `install` in the unpacked
# sources and then its test.
require "digest"
require "fileutils"
require "pathname"

class Pathname
  def write(text) = File.write(self, text)
end

module Compilers
  def cc = "cc"
end
ENV.extend(Compilers)

class Formula
  class << self
    attr_reader :facts, :body_of_test

    def inherited(formula)
      super
      formula.instance_variable_set(:@facts, {})
      @@formula = formula
    end

    def formula = @@formula

    %i[desc homepage url sha256 license depends_on].each do |name|
      define_method(name) { |value = nil| value.nil? ? facts[name] : facts[name] = value }
    end

    def test(&block) = @body_of_test = block
  end

  attr_reader :prefix, :testpath

  def initialize(scratch)
    @prefix = scratch/"cellar"
    @testpath = scratch/"test"
    [prefix, testpath].each(&:mkpath)
  end

  def include = prefix/"include"
  def lib = prefix/"lib"
  # Homebrew reads it from the name of the file.
  def version = self.class.url[/oap-(\d+\.\d+\.\d+)/, 1]
  def system(*command) = Kernel.system(*command.map(&:to_s)) || raise("#{command.join(" ")} failed")

  def shell_output(command)
    output = `#{command}`
    raise "#{command} failed" unless $?.success?

    output
  end

  def assert_equal(wanted, got) = wanted == got || raise("#{got.inspect} instead of #{wanted.inspect}")
end

formula, scratch = ARGV
load formula
made = Formula.formula.new(Pathname(scratch).expand_path)
archive = Formula.formula.url.delete_prefix("file://")
raise "another checksum" unless Digest::SHA256.file(archive).hexdigest == Formula.formula.sha256

sources = Pathname(scratch).expand_path/"sources"
sources.mkpath
made.system("tar", "-xzf", archive, "-C", sources, "--strip-components=1")
Dir.chdir(sources) { made.install }
Dir.chdir(made.testpath) { made.instance_exec(&Formula.formula.body_of_test) }
puts "installed and tested #{made.version}"
