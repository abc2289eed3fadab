module oap.example/examples

go 1.24

require oap.example/oap v0.1.0

replace oap.example/oap => ../../bindings/go
