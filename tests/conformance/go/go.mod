module oap.example/oap-testee

go 1.24

require oap.example/oap v0.0.0

replace oap.example/oap => ../../../bindings/go
