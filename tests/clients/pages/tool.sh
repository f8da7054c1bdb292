openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 -pass pass:changeit -out encrypted.pem
head -c 32 /dev/urandom > key.bin
openssl req -x509 -newkey rsa:2048 -noenc -keyout authority.key -subj /CN=authority -addext basicConstraints=critical,CA:TRUE -out authority.pem
