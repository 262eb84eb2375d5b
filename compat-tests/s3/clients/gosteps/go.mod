module sluice/compat/gosteps

go 1.25
