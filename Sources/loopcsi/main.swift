print("loopcsi")
