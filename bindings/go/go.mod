module oap.example/oap

go 1.24
