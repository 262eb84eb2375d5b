module sluice/compat/minio-go

go 1.25

require (
	github.com/minio/minio-go/v7 v7.4.1
	sluice/compat/gosteps v0.0.0
)

replace sluice/compat/gosteps => ../gosteps
