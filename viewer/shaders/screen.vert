#version 330 core
// One triangle that covers the viewport; no buffers needed.
out vec2 point;

void main() {
    point = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
    gl_Position = vec4(point, 0.0, 1.0);
}
