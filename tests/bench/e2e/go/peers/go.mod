module oap.example/oap-e2e-peers

go 1.26.0

require (
	github.com/coder/websocket v1.8.15
	github.com/gorilla/websocket v1.5.3
	google.golang.org/grpc v1.85.0
	google.golang.org/protobuf v1.36.12
	oap.example/oap-e2e v0.0.0
)

require (
	golang.org/x/net v0.60.0 // indirect
	golang.org/x/sys v0.48.0 // indirect
	golang.org/x/text v0.42.0 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260817212433-ac3dfec99bb1 // indirect
	google.golang.org/grpc/cmd/protoc-gen-go-grpc v1.6.2 // indirect
)

replace oap.example/oap-e2e => ..

replace oap.example/oap => ../../../../../bindings/go

tool google.golang.org/grpc/cmd/protoc-gen-go-grpc

tool google.golang.org/protobuf/cmd/protoc-gen-go
