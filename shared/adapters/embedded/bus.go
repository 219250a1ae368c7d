package embedded

const busSchema = ``
