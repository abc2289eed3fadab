module oap.example/oap-e2e

go 1.24

require oap.example/oap v0.1.0

replace oap.example/oap => ../../../../bindings/go
