module sotto/verify-proof

go 1.24

require (
	filippo.io/torchwood v0.6.1
	golang.org/x/mod v0.24.0
)
