softhsm2-util --init-token --free --label old-label --so-pin 12345678 --pin 123456
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem
softhsm2-util --import key.pem --token old-label --label www --id 01 --pin 123456
